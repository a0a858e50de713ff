package topic

// parseNumeric reads the operand of numeric: an operator and a number, or a
// lower and an upper bound.
func parseNumeric(operand node) (value, error) {
	if operand.kind != arrayKind {
		return nil, wrong(operand, "Value of numeric must be an array.")
	}
	terms := terms{operand: operand, rest: operand.items}
	first := terms.next()
	if first.kind != textKind {
		return nil, wrong(first, "Invalid member in numeric match: %s", first.token())
	}
	var v numeric
	bound, name := &v.below, first.text
	switch first.text {
	case "=":
		v.withAbove, v.withBelow, name = true, true, "equals"
	case "<=":
		v.withBelow = true
	case "<":
	case ">=":
		bound, v.withAbove = &v.above, true
	case ">":
		bound = &v.above
	default:
		return nil, wrong(first, "Unrecognized numeric range operator: %s", first.text)
	}
	size, err := terms.size(name)
	if err != nil {
		return nil, err
	}
	*bound = size
	if first.text == "=" {
		v.above = size
	}
	if len(terms.rest) == 0 {
		return v, nil
	}
	if v.below != nil {
		return nil, wrong(terms.next(), "Too many elements in numeric expression")
	}
	err = v.parseUpper(&terms)
	return v, err
}

// parseUpper reads the upper bound of a range whose lower bound has been read.
func (v *numeric) parseUpper(terms *terms) error {
	operator := terms.next()
	switch {
	case operator.kind != textKind:
		return wrong(operator, "Bad value in numeric range: %s", operator.token())
	case operator.text != "<" && operator.text != "<=":
		return wrong(operator, "Bad numeric range operator: %s", operator.text)
	}
	v.withBelow = operator.text == "<="
	var err error
	if v.below, err = terms.size(operator.text); err != nil {
		return err
	}
	switch {
	case len(terms.rest) > 0:
		return wrong(terms.next(), "Too many terms in numeric range expression")
	case *v.above >= *v.below:
		return wrong(terms.operand, "Bottom must be less than top")
	}
	return nil
}

// terms are the elements of an operand yet to be read. Behind the last stands
// the closing bracket, as a parser of tokens meets it.
type terms struct {
	operand node
	rest    []node
}

func (t *terms) next() node {
	if len(t.rest) == 0 {
		return node{kind: literalKind, text: "]", end: t.operand.end}
	}
	n := t.rest[0]
	t.rest = t.rest[1:]
	return n
}

// size reads the number that an operator needs.
func (t *terms) size(operator string) (*float64, error) {
	n := t.next()
	if n.kind != numberKind {
		return nil, wrong(n, "Value of %s must be numeric", operator)
	}
	q := n.quantity()
	if !q.bounded {
		return nil, outOfBounds(n)
	}
	return &q.size, nil
}
