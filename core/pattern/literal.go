package pattern

import "strconv"

// number makes l the Numeric that its text says.
func (l *Literal) number() {
	l.Kind = Numeric
	l.decimal, _ = parseDecimal([]byte(l.Text))
	l.Number, _ = strconv.ParseFloat(l.Text, 64) // ±Inf beyond the range, which only Number's readers see
}

// wildcards takes the wildcards of l's text apart from its body.
func (l *Literal) wildcards() {
	l.Body, l.Prefix, l.Suffix = cutWildcards(l.Text)
}
