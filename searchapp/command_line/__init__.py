"""The command `searchapp`: the product from a terminal or a script, on this machine or on a server.

`app` declares the commands, `server` talks to a server by its API, `local` works in this process, `output`
shows tables to people and gives programs JSON lines, and `doctor` looks for what is wrong.
"""
