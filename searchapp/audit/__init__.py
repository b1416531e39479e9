"""Who did what, when and from where: written once, read by administrators, forgotten after a while."""
