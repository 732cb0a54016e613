"""What goes out: source distribution and wheel, bill of materials, audit of what they need."""
