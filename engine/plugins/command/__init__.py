"""The `command` plugin: `local:Command`, `remote:Command` and `remote:CopyToRemote` of pulumi-command 1.2.1.

Pure: `quoting`, `redaction`, `globs`, `environment`, `connection`, `inputs`. I/O: `local_process`, `watchdog`,
`output_files`, `dialling`, `remote_process`, `upload`. `asyncssh` is imported only when a remote command runs: it
costs a quarter of a second.

Does not: `remote:CopyFile` (deprecated by its own makers) and the function `local:run`.
"""
