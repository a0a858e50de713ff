package pattern

import "bytes"

// A lineToken is one token of a line: the place that it takes, with quotes or
// brackets around it, and the text without them.
type lineToken struct {
	Span
	text []byte
}

// splitLine cuts a message into tokens: runs without blanks, and whatever stands
// between double quotes or square brackets. A quote or bracket that is never
// closed is an ordinary character.
func splitLine(message []byte) []lineToken { return appendTokens(nil, message) }

// appendTokens is splitLine with the caller's room for tokens.
func appendTokens(tokens []lineToken, message []byte) []lineToken {
	noQuote, noBracket := false, false // no closing one follows any more
	for at := 0; at < len(message); {
		if tokenBlank(message[at]) {
			at++
			continue
		}
		closing := byte(0)
		switch {
		case message[at] == '"' && !noQuote:
			closing = '"'
		case message[at] == '[' && !noBracket:
			closing = ']'
		}
		if closing != 0 {
			n := bytes.IndexByte(message[at+1:], closing)
			if end := at + n + 2; n >= 0 {
				tokens = append(tokens, lineToken{Span{at, end}, message[at+1 : end-1]})
				at = end
				continue
			}
			noQuote = noQuote || closing == '"'
			noBracket = noBracket || closing == ']'
		}
		end := at
		for end < len(message) && !tokenBlank(message[end]) {
			end++
		}
		tokens = append(tokens, lineToken{Span{at, end}, message[at:end]})
		at = end
	}
	return tokens
}

// A field is what a column got of a line: the text of one token or, for the last
// column of a pattern without ellipsis, perhaps of all the rest.
type field struct {
	// position is the place among the line's tokens, from 1.
	position int
	// column is nil for a token under the ellipsis, and where there are no columns.
	column *Column
	text   []byte
}

// align gives the message's tokens to the columns. It fails when there are too
// few tokens or a column's condition is false.
//
// Without an ellipsis the last column takes all that is left: the one token's
// text, or of several the message as it is. With one, the columns before it take
// tokens from the left and those after it from the right, one each.
func (p *Pattern) align(message []byte) ([]field, bool) {
	fields, ok := p.fields(message)
	if !ok || !satisfied(fields) {
		return nil, false
	}
	return fields, true
}

// satisfied tells whether the conditions of all fields' columns are true.
func satisfied(fields []field) bool {
	for _, f := range fields {
		if f.column == nil || f.column.Condition == nil {
			continue
		}
		if !holds(f.column.Condition, func(c *Comparison) bool { return c.holdsToken(f.text) }) {
			return false
		}
	}
	return true
}

// fields is align without the conditions.
func (p *Pattern) fields(message []byte) ([]field, bool) {
	return p.appendFields(nil, message, splitLine(message))
}

// appendFields is fields of a message whose tokens are known, with the caller's
// room for fields.
func (p *Pattern) appendFields(fields []field, message []byte, tokens []lineToken) ([]field, bool) {
	if len(p.Columns) == 0 {
		for i, t := range tokens {
			fields = append(fields, field{i + 1, nil, t.text})
		}
		return fields, true
	}
	before := len(p.Columns)
	for i := range p.Columns {
		if p.Columns[i].Ellipsis {
			before = i
		}
	}
	if before == len(p.Columns) {
		if len(tokens) < len(p.Columns) {
			return nil, false
		}
		last := len(p.Columns) - 1
		for i := range last {
			fields = append(fields, field{i + 1, &p.Columns[i], tokens[i].text})
		}
		rest := tokens[last:]
		text := rest[0].text
		if len(rest) > 1 {
			text = message[rest[0].Pos:rest[len(rest)-1].End]
		}
		return append(fields, field{last + 1, &p.Columns[last], text}), true
	}
	after := len(p.Columns) - before - 1
	if len(tokens) < before+after {
		return nil, false
	}
	for i, t := range tokens {
		f := field{i + 1, nil, t.text}
		switch fromRight := len(tokens) - i; {
		case i < before:
			f.column = &p.Columns[i]
		case fromRight <= after:
			f.column = &p.Columns[len(p.Columns)-fromRight]
		}
		fields = append(fields, f)
	}
	return fields, true
}
