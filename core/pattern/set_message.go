package pattern

// messages finds the patterns that speak about the text of a message: terms and
// space-delimited patterns.
//
// A terms pattern that asks for a text can match only where the text
// occurs. The longest text that each pattern requires, or all of its
// alternatives where it has nothing but those, are searched for together; only
// the patterns whose text was found are looked at. Patterns that merely exclude,
// those with a regular expression that needs no certain text, and space-delimited ones are looked at each time; the message is cut into tokens once for all of them.
type messages struct {
	patterns []*Pattern // by index in the Set; nil for the other languages
	texts    literals
	numbers  map[string]int32 // of texts
	askedBy  [][]int32        // by the number of a text: patterns
	always   []int32
}

func (m *messages) add(i int, p *Pattern) {
	for len(m.patterns) <= i {
		m.patterns = append(m.patterns, nil)
	}
	m.patterns[i] = p
	texts := asksFor(p)
	if texts == nil {
		m.always = append(m.always, int32(i))
		return
	}
	for _, text := range texts {
		n, ok := m.numbers[text]
		if !ok {
			if m.numbers == nil {
				m.numbers = map[string]int32{}
			}
			n = int32(len(m.askedBy))
			m.numbers[text] = n
			m.texts.add(text)
			m.askedBy = append(m.askedBy, nil)
		}
		m.askedBy[n] = append(m.askedBy[n], int32(i))
	}
}

func (m *messages) finish() { m.texts.finish() }

// asksFor gives texts of which one occurs in every message that p matches; nil
// when no such texts are known.
func asksFor(p *Pattern) []string {
	if p.Language != Terms {
		return nil
	}
	var longest, all []string
	onlyOptional, some := true, true
	for _, t := range p.Terms {
		texts := []string{t.Text}
		if t.Regex != nil {
			texts = needed(t.Regex)
		}
		switch t.Sign {
		case Required:
			onlyOptional = false
			if shortest(texts) > shortest(longest) {
				longest = texts
			}
		case Excluded:
			onlyOptional = false
		case Optional:
			some = some && shortest(texts) > 0
			all = append(all, texts...)
		}
	}
	switch {
	case !onlyOptional:
		return longest
	case some:
		return all
	}
	return nil
}

// match appends the patterns that match the message.
func (s *messages) match(m *Matcher, message []byte, hits []int) []int {
	for _, i := range s.always {
		hits = s.look(m, i, message, hits)
	}
	for _, n := range m.find(&s.texts, message) {
		for _, i := range s.askedBy[n] {
			hits = s.look(m, i, message, hits)
		}
	}
	return hits
}

func (s *messages) look(m *Matcher, i int32, message []byte, hits []int) []int {
	if m.first(i) && s.matches(m, s.patterns[i], message) {
		hits = append(hits, int(i))
	}
	return hits
}

func (s *messages) matches(m *Matcher, p *Pattern, message []byte) bool {
	if p.Language == Terms {
		return matchTerms(p.Terms, message)
	}
	if m.lineEpoch != m.epoch {
		m.lineEpoch = m.epoch
		m.tokens = appendTokens(m.tokens[:0], message)
	}
	fields, ok := p.appendFields(m.columns[:0], message, m.tokens)
	if !ok {
		return false
	}
	m.columns = fields
	return satisfied(fields)
}
