"""What language models' agents may do with the product, as tools of the Model Context Protocol (MCP).

`tools` calls the engines, `server` offers the tools, `views` serves them by HTTP with the API's keys, and
`stdio` hands them on to programs that talk by standard input and output.
"""
