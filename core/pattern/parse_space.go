package pattern

// columns parses a space-delimited pattern, brackets included.
func (p *parser) columns() ([]Column, error) {
	p.next() // [
	if p.peek().is("]") && p.peekAfter().kind == tokenEnd {
		return nil, nil
	}
	var columns []Column
	seen := map[string]bool{}
	for {
		first := p.peek()
		column, err := p.column()
		if err != nil {
			return nil, err
		}
		name := column.Name
		if column.Ellipsis {
			name = "..."
		}
		if name != "" && seen[name] {
			return nil, p.fail(first, messageDuplicate(name), duplicateRemedy(name))
		}
		seen[name] = true
		columns = append(columns, column)
		switch t := p.next(); {
		case t.is(","):
		case t.is("]") && p.peek().kind == tokenEnd:
			return columns, nil
		default:
			return nil, p.fail(t, messageInvalid, p.columnEndRemedy(t))
		}
	}
}

// column parses what stands between two commas.
func (p *parser) column() (Column, error) {
	t := p.peek()
	switch {
	case t.is(","), t.is("]"):
		return Column{Span: Span{t.Pos, t.Pos}}, nil
	case t.word("..."):
		p.next()
		return Column{Ellipsis: true, Span: t.Span}, nil
	case t.kind != tokenWord || !columnName(t.text):
		return Column{}, p.fail(t, messageInvalid, p.columnNameRemedy(t))
	}
	column := Column{Name: t.text, Span: t.Span}
	if p.peekAfter().kind != tokenOp {
		p.next()
		return column, nil
	}
	condition, span, err := p.operators(func() (Node, Span, error) { return p.columnComparison(column.Name) })
	if err != nil {
		return column, err
	}
	column.Condition, column.End = condition, span.End
	return column, nil
}

// columnComparison parses name op value.
func (p *parser) columnComparison(name string) (Node, Span, error) {
	t := p.next()
	if !t.word(name) {
		return nil, Span{}, p.fail(t, messageInvalid, p.columnRepeatRemedy(name, t))
	}
	operator := p.next()
	if operator.kind != tokenOp {
		return nil, Span{}, p.fail(operator, messageInvalid, `expected an operator such as "=" after the field's name`)
	}
	value, err := p.value(operator)
	if err != nil {
		return nil, Span{}, err
	}
	c := &Comparison{SelectorSpan: t.Span, Op: operator.op, Value: value, Span: Span{t.Pos, value.End}}
	return c, c.Span, nil
}

// columnName tells whether a word can be the name of a column.
func columnName(word string) bool {
	for i := range len(word) {
		if !nameByte(word[i]) {
			return false
		}
	}
	return true
}
