module towpath.test/pause

go 1.26
