package expression

import (
	"slices"
	"strconv"
	"strings"
)

// An Expression is a parsed metric math expression. It is never changed after Parse.
type Expression struct {
	// Text is the expression as it was given to Parse.
	Text string
	// Root is its outermost node.
	Root Node
}

// A Node is a part of an expression: *Number, *Text, *Word, *Ref, *List, *Call,
// *Minus or *Binary.
type Node interface {
	// position is where the node begins in the text, in bytes.
	position() int
	print(b *strings.Builder, within int)
}

// at is the place of a node; it makes what embeds it a Node together with print.
type at int

func (a at) position() int { return int(a) }

// Number is a scalar, written without a sign.
type Number struct {
	at
	Value float64
}

// Text is a string in quotes, without them. Backslashes stay in it: they are for
// whoever reads the string.
type Text struct {
	at
	Value string
	Quote byte // ' or "
}

// Word is an upper-case word that a function has a meaning for, such as REPEAT.
type Word struct {
	at
	Name string
}

// Ref is the result of another query, by its id.
type Ref struct {
	at
	ID string
}

// List is [m1, m2]: time series put together to an array.
type List struct {
	at
	Items []Node
}

// Call is a function with its arguments.
type Call struct {
	at
	Name string
	Args []Node

	function *function // that Name is of
}

// Minus is the negative of X.
type Minus struct {
	at
	X Node
}

// Binary is X Op Y. Op is one of ^ * / + - == != < <= > >= AND OR.
type Binary struct {
	at
	Op   string
	X, Y Node
}

// Refs are the ids that the expression mentions, each once, in order of first mention.
func (e *Expression) Refs() []string {
	var ids []string
	e.walk(func(n Node) {
		if r, ok := n.(*Ref); ok && !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	})
	return ids
}

// Calls tells whether the expression calls one of the functions.
func (e *Expression) Calls(names ...string) bool {
	found := false
	e.walk(func(n Node) {
		if c, ok := n.(*Call); ok {
			found = found || slices.Contains(names, c.Name)
		}
	})
	return found
}

// walk visits all nodes, outer ones before inner ones, from left to right.
func (e *Expression) walk(visit func(Node)) { walk(e.Root, visit) }

func walk(n Node, visit func(Node)) {
	visit(n)
	switch n := n.(type) {
	case *List:
		for _, item := range n.Items {
			walk(item, visit)
		}
	case *Call:
		for _, arg := range n.Args {
			walk(arg, visit)
		}
	case *Minus:
		walk(n.X, visit)
	case *Binary:
		walk(n.X, visit)
		walk(n.Y, visit)
	}
}

// String prints the expression in its shortest usual form: one blank around
// operators and after commas, parentheses only where they are needed. Parsing what
// it prints gives the same tree.
func (e *Expression) String() string {
	var b strings.Builder
	e.Root.print(&b, 0)
	return b.String()
}

// Precedences, from the loosest on. The guide does not tell them: these are the
// usual ones, with -m1^2 as -(m1^2). UNSURE
const (
	orLevel = iota + 1
	andLevel
	compareLevel
	sumLevel
	productLevel
	minusLevel
	powerLevel
)

func level(op string) int {
	switch op {
	case "OR":
		return orLevel
	case "AND":
		return andLevel
	case "+", "-":
		return sumLevel
	case "*", "/":
		return productLevel
	case "^":
		return powerLevel
	}
	return compareLevel
}

func (n *Number) print(b *strings.Builder, _ int) {
	b.WriteString(strconv.FormatFloat(n.Value, 'g', -1, 64))
}

func (t *Text) print(b *strings.Builder, _ int) {
	b.WriteByte(t.Quote)
	b.WriteString(t.Value)
	b.WriteByte(t.Quote)
}

func (w *Word) print(b *strings.Builder, _ int) { b.WriteString(w.Name) }

func (r *Ref) print(b *strings.Builder, _ int) { b.WriteString(r.ID) }

func (l *List) print(b *strings.Builder, _ int) { printList(b, "[", l.Items, "]") }

func (c *Call) print(b *strings.Builder, _ int) { printList(b, c.Name+"(", c.Args, ")") }

func printList(b *strings.Builder, open string, items []Node, end string) {
	b.WriteString(open)
	for i, item := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		item.print(b, 0)
	}
	b.WriteString(end)
}

func (m *Minus) print(b *strings.Builder, within int) {
	enclose(b, within > minusLevel, func() {
		b.WriteByte('-')
		m.X.print(b, minusLevel)
	})
}

func (n *Binary) print(b *strings.Builder, within int) {
	own := level(n.Op)
	left, right := own, own+1
	if n.Op == "^" {
		left, right = own+1, minusLevel // to the right; 2^-3 needs no parentheses
	}
	enclose(b, within > own, func() {
		n.X.print(b, left)
		b.WriteString(" " + n.Op + " ")
		n.Y.print(b, right)
	})
}

func enclose(b *strings.Builder, parentheses bool, print func()) {
	if parentheses {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	print()
}
