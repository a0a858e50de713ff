package pattern

import "tocsin/core/event"

// A Set matches many patterns over one event in one go. Its answers are those
// of Pattern.Match on each of them; its cost hardly depends on how many they
// are. It is immutable: matchers in several goroutines may share it.
//
// What equal conditions have in common is done once. Every distinct field of
// the JSON patterns (set_field.go) is extracted once, and every distinct
// condition on it is one predicate (set_predicate.go, set_index.go). Values repeat
// in logs, so which predicates a value makes true is remembered (set_memo.go). A
// pattern is looked at only when a rare one of its conditions holds
// (set_trigger.go, set_rarity.go), and only then its condition is worked out as
// a whole (set_program.go). Patterns of the other languages are found by the
// texts that they ask for (set_message.go, set_literals.go).
type Set struct {
	paths      []event.Path
	fields     []setField
	rests      []event.Path // by field: the steps after what is extracted
	indexes    []*index     // by field
	predicates int          // how many there are; they are numbered from 0
	programs   []program    // by pattern; empty for those that are not JSON patterns
	steps      []step       // of all programs
	triggers   triggers
	messages   messages
	everything []int // the patterns that match whatever comes
	patterns   int
}

// NewSet compiles patterns, which may be of different languages. They are
// known by their index from then on.
func NewSet(patterns []*Pattern) *Set {
	s := &Set{patterns: len(patterns), programs: make([]program, len(patterns))}
	c := newCompiler(s)
	t := newTriggerPlan(c)
	for i, p := range patterns {
		switch p.Language {
		case Everything:
			s.everything = append(s.everything, i)
		case JSON:
			cond := c.condition(p.Condition)
			s.programs[i] = c.program(cond)
			t.add(i, cond)
		default:
			s.messages.add(i, p)
		}
	}
	c.finish()
	s.triggers = t.triggers()
	s.messages.finish()
	return s
}

// Paths are the fields that Matcher.Match wants the values of, each once. They
// have Member steps only: of a selector with an index or a wildcard, the
// part before it.
func (s *Set) Paths() []event.Path { return s.paths }
