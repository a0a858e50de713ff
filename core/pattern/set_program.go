package pattern

// A program works out the condition of one pattern: a chain of steps, each of
// which tests one leaf and says where to go on. It is empty for a pattern that
// is not a JSON pattern.
type program struct{ start int32 }

// A step is a leaf with the steps to go to.
type step struct {
	leaf
	yes, no int32
}

// Where a program ends.
const (
	matches int32 = -1
	differs int32 = -2
)

// program appends the steps of cond to the set's.
func (c *compiler) program(cond condition) program {
	return program{start: c.emit(cond, matches, differs)}
}

// emit appends the steps of cond, which lead to yes or no, and returns the
// first of them. They are laid down from the last to the first, so that a step
// knows where to go.
func (c *compiler) emit(cond condition, yes, no int32) int32 {
	switch cond.junction {
	case allOf:
		for i := len(cond.nodes) - 1; i >= 0; i-- {
			yes = c.emit(cond.nodes[i], yes, no)
		}
		return yes
	case anyOf:
		for i := len(cond.nodes) - 1; i >= 0; i-- {
			no = c.emit(cond.nodes[i], yes, no)
		}
		return no
	}
	c.set.steps = append(c.set.steps, step{leaf: cond.leaf, yes: yes, no: no})
	return int32(len(c.set.steps) - 1)
}

// run works a program out for the event that m is at.
func (m *Matcher) run(p program) bool {
	at := p.start
	for at >= 0 {
		s := &m.set.steps[at]
		m.holding(s.field)
		if m.marks[s.fires] == m.epoch && (s.unless < 0 || m.marks[s.unless] != m.epoch) {
			at = s.yes
		} else {
			at = s.no
		}
	}
	return at == matches
}
