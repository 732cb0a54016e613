"""What if: single changes of the network or of the centres, and what each would bring."""
