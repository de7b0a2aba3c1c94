//! Grey images to coloured character cells, knowing no terminal.
