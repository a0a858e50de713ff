package pattern

import "tocsin/core/event"

// A compiler turns the conditions of JSON patterns into conditions over
// numbered fields and predicates, giving equal ones the same number.
type compiler struct {
	set        *Set
	slots      map[string]int32 // by pathKey of a Member-only path
	fields     map[string]int32 // by pathKey of the whole selector
	predicates map[predicate]predicateID
	list       []predicate  // by predicateID
	selectors  []event.Path // by field
}

func newCompiler(s *Set) *compiler {
	return &compiler{
		set:        s,
		slots:      map[string]int32{},
		fields:     map[string]int32{},
		predicates: map[predicate]predicateID{},
	}
}

// A condition is a Node whose comparisons are predicates.
type condition struct {
	junction junction
	nodes    []condition // of an allOf or anyOf
	leaf     leaf        // of a single
}

type junction uint8

const (
	single junction = iota
	allOf
	anyOf
)

// A leaf is true when the predicate fires holds for its field and the
// predicate unless, if there is one, does not.
//
// Only != needs the second one. It is not the opposite of =, since it wants a
// string or a number too: x != "a" is x = * unless x = "a". So each leaf
// needs something to be there, and can be a trigger.
type leaf struct {
	field         int32
	fires, unless predicateID
}

// never is the unless of a leaf that has none.
const never predicateID = -1

func (c *compiler) condition(n Node) condition {
	switch n := n.(type) {
	case *Or:
		return condition{junction: anyOf, nodes: c.conditions(n.Nodes)}
	case *And:
		return condition{junction: allOf, nodes: c.conditions(n.Nodes)}
	case *Comparison:
		return condition{leaf: c.leaf(n)}
	}
	panic("pattern: a JSON pattern without a condition")
}

func (c *compiler) conditions(nodes []Node) []condition {
	list := make([]condition, len(nodes))
	for i, n := range nodes {
		list[i] = c.condition(n)
	}
	return list
}

func (c *compiler) leaf(n *Comparison) leaf {
	f := c.field(n.Selector)
	p := predicate{field: f, op: n.Op}
	p.setLiteral(n.Value)
	// Where != on a wildcard selector means that some value differs, whatever the
	// others are, it cannot be had from what = says about all of them together.
	if n.Op == NotEqual && !(differsAnywhere && n.Selector.Wild()) {
		p.op = Equal
		return leaf{
			field:  f,
			fires:  c.predicate(predicate{field: f, op: Equal, form: anyText}, n),
			unless: c.predicate(p, &Comparison{Selector: n.Selector, Op: Equal, Value: n.Value}),
		}
	}
	return leaf{field: f, fires: c.predicate(p, n), unless: never}
}

// predicate numbers p, which stands for n and all comparisons like it, and puts
// it into its field's index.
func (c *compiler) predicate(p predicate, n *Comparison) predicateID {
	id, ok := c.predicates[p]
	if !ok {
		id = predicateID(len(c.list))
		c.list = append(c.list, p)
		c.predicates[p] = id
		c.set.indexes[p.field].add(id, p, n)
	}
	return id
}

func (c *compiler) field(p event.Path) int32 {
	key := pathKey(p)
	id, ok := c.fields[key]
	if !ok {
		n := memberPrefix(p)
		id = int32(len(c.set.fields))
		c.fields[key] = id
		c.selectors = append(c.selectors, p)
		c.set.fields = append(c.set.fields, setField{slot: c.slot(p[:n]), walk: n < len(p)})
		c.set.rests = append(c.set.rests, p[n:])
		c.set.indexes = append(c.set.indexes, newIndex())
	}
	return id
}

func (c *compiler) slot(p event.Path) int32 {
	if len(p) == 0 {
		return -1
	}
	key := pathKey(p)
	slot, ok := c.slots[key]
	if !ok {
		slot = int32(len(c.set.paths))
		c.slots[key] = slot
		c.set.paths = append(c.set.paths, p)
	}
	return slot
}

// finish completes the indexes when all patterns are known.
func (c *compiler) finish() {
	c.set.predicates = len(c.list)
	for f := range c.set.indexes {
		c.set.indexes[f].finish()
		c.set.fields[f].heeds = c.set.indexes[f].heeds()
	}
}
