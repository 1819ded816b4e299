"""The `command` plugin: `local:Command`, `remote:Command` and `remote:CopyToRemote` of pulumi-command 1.2.1.

Pure: `quoting`, `redaction`, `globs`, `environment`, `connection`, `inputs`. I/O: `local_process`, `watchdog`,
`output_files`, `dialling`, `remote_process`, `upload`. `asyncssh` is imported only when a remote command runs: it
costs a quarter of a second.

Does not: `remote:CopyFile` (deprecated by its own makers) and the function `local:run`.

Differs from the official plugin, on purpose:

- Errors and log lines mask what is marked secret, and stdin; an error holds the last 64 KiB of the output.
- A refused login and a wrong host key are not tried again; only dial errors count against `dialErrorLimit`.
- A connection without `hostKey` is a warning. A dead SSH agent is no error if a key or password is given.
- A peer that is silent for a minute is given up. `perDialTimeout` bounds the handshake too.
- Local commands lead a process group, which ends with the engine; a cancelled remote command gets SIGTERM and loses its
  channel. (OpenSSH passes no signals on for root: there a silent command works on.)
- Properties that the schema does not know are refused. A preview's new resource has no id yet.
"""
