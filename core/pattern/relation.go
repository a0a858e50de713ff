package pattern

// Covers tells whether c holds of every event of which other holds, as far as
// that follows from the two alone. False says nothing.
func (c *Comparison) Covers(other *Comparison) bool { return sameField(c, other) && covers(c, other) }

// Clashes tells whether c and other cannot both hold of one event, as far as that
// follows from the two alone. False says nothing.
func (c *Comparison) Clashes(other *Comparison) bool { return clash(c, other) }
