"""What goes over the wire to and from 3dcart: bodies, results, pages, times and texts. Makes no call."""
