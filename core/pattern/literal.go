package pattern

import "strconv"

// number makes l the Numeric that its text says.
func (l *Literal) number() {
	l.Kind = Numeric
	l.decimal, _ = parseDecimal([]byte(l.Text))
	l.Number, _ = strconv.ParseFloat(l.Text, 64) // ±Inf beyond the range, which only Number's readers see
}

// text makes l a Word or Quoted with the wildcards that its text has.
func (l *Literal) text(kind LiteralKind) {
	l.Kind = kind
	l.Body, l.Prefix, l.Suffix = cutWildcards(l.Text)
}
