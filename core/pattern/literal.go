package pattern

import "strconv"

// number makes l the Numeric that its text says.
func (l *Literal) number() {
	l.Kind = Numeric
	l.decimal, _ = parseDecimal([]byte(l.Text))
	l.Number, _ = strconv.ParseFloat(l.Text, 64) // ±Inf beyond the range, which only Number's readers see
}

// wildcards splits the wildcards at the ends off l's text. A star anywhere else
// is an ordinary character: the guide of 2018 says so, the present one is silent.
func (l *Literal) wildcards() {
	l.Body = l.Text
	if l.Body == "*" {
		l.Prefix, l.Suffix, l.Body = true, true, ""
		return
	}
	if n := len(l.Body); n > 0 && l.Body[0] == '*' {
		l.Prefix, l.Body = true, l.Body[1:]
	}
	if n := len(l.Body); n > 0 && l.Body[n-1] == '*' {
		l.Suffix, l.Body = true, l.Body[:n-1]
	}
}
