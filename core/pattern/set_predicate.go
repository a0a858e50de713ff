package pattern

// A predicateID numbers the distinct predicates of a Set.
type predicateID = int32

// A predicate is a comparison with all that two of them must share to be the
// same: it is a map key.
type predicate struct {
	field int32
	op    Op
	form  form
	text  string
}

// A form is how the text of an Equal or NotEqual predicate compares.
type form uint8

const (
	noText     form = iota // the operator has no right side
	anyText                // *: every string and number
	wholeText              // word, "word"
	numberText             // 1: by value for numbers, by text for strings
	prefixText             // word*
	suffixText             // *word
	innerText              // *word*
	regexText              // %regex%
)

// setLiteral makes l the right side of p.
func (p *predicate) setLiteral(l Literal) {
	p.text = l.Text
	switch l.Kind {
	case NoLiteral:
		p.form = noText
	case Numeric:
		p.form = numberText
	case Regexp:
		p.form = regexText
	default:
		p.form = wholeText
		if l.Prefix || l.Suffix {
			p.text = l.Body
			switch {
			case l.Body == "":
				p.form = anyText
			case l.Prefix && l.Suffix:
				p.form = innerText
			case l.Prefix:
				p.form = suffixText
			default:
				p.form = prefixText
			}
		}
	}
}
