package events

import (
	"slices"

	"tocsin/core/event"
	"tocsin/core/pattern"
)

// A plan is a query worked out: how to tell of an event whether it is selected,
// and what can be told of it by the columns of a segment alone.
type plan struct {
	query Query
	match []wantedValue
	set   *pattern.Set // of the query's pattern; nil for none
	paths *event.Fields
	test  test
}

type wantedValue struct {
	attribute
	value []byte
}

func newPlan(q Query) (*plan, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	p := &plan{query: q}
	for _, m := range q.Attributes {
		known, err := m.Attribute.known()
		if err != nil {
			return nil, err
		}
		p.match = append(p.match, wantedValue{known, []byte(m.Value)})
	}
	if q.Pattern != nil && q.Pattern.Language != pattern.Everything {
		p.set = pattern.NewSet([]*pattern.Pattern{q.Pattern})
		p.paths = event.NewFields(p.set.Paths()...)
	}
	p.test = p.tests()
	return p, nil
}

// inStream tells whether the query asks for the stream.
func (p *plan) inStream(name string) bool {
	return p.query.Streams == nil || slices.Contains(p.query.Streams, name)
}

// A checker tells of messages whether attributes and pattern of a plan select
// them: the whole truth, against which the columns are only a short cut. It is
// for one goroutine.
type checker struct {
	plan      *plan
	taker     *taker
	record    record
	extractor *event.Extractor
	matcher   *pattern.Matcher
	hits      []int
	messages  messageReader
}

func (p *plan) newChecker() *checker {
	c := &checker{plan: p, taker: newTaker()}
	if p.set != nil {
		c.extractor = event.NewExtractor(p.paths)
		c.matcher = p.set.NewMatcher()
	}
	return c
}

func (c *checker) selects(message []byte) bool {
	if len(c.plan.match) > 0 {
		c.taker.reset()
		c.taker.take(message, &c.record)
		for _, m := range c.plan.match {
			if !m.holds(&c.record, m.value) {
				return false
			}
		}
	}
	if c.matcher == nil {
		return true
	}
	values, ok := c.extractor.Extract(message)
	if !ok {
		values = nil
	}
	c.hits = c.matcher.Match(message, values, c.hits[:0])
	return len(c.hits) > 0
}
