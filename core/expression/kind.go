package expression

import "fmt"

// A Kind is what an expression comes to.
type Kind uint8

const (
	Scalar     Kind = iota + 1 // S: a number
	TimeSeries                 // TS
	Array                      // TS[]: any number of time series
)

// String is the kind as the guide abbreviates it.
func (k Kind) String() string { return [...]string{"", "S", "TS", "TS[]"}[k] }

// A KindError is an expression whose parts do not fit together.
type KindError struct {
	Text string
	Pos  int // in bytes
	// Message is one sentence, with the remedy.
	Message string
}

// Error is the message.
func (e *KindError) Error() string { return e.Message }

// A checker finds out the kinds of an expression's parts.
type checker struct {
	text string
	// kind is that of another query's result.
	kind func(id string) (Kind, error)
	// metric tells whether a query is a metric.
	metric func(id string) bool
}

func (c *checker) refuse(n Node, format string, args ...any) error {
	return &KindError{Text: c.text, Pos: n.position(), Message: fmt.Sprintf(format, args...)}
}

// of is the kind of a node.
func (c *checker) of(n Node) (Kind, error) {
	switch n := n.(type) {
	case *Number:
		return Scalar, nil
	case *Ref:
		k, err := c.kind(n.ID)
		if err != nil {
			return 0, c.refuse(n, "%s", err)
		}
		return k, nil
	case *Text:
		return 0, c.refuse(n, "A string is only for METRICS and SEARCH")
	case *Word:
		return 0, c.refuse(n, "%s is not for this place; ids begin with a lower-case letter", n.Name)
	case *Minus:
		return c.of(n.X)
	case *List:
		return c.array(n)
	case *Binary:
		return c.binary(n)
	case *Call:
		f := n.function
		switch {
		case f.unsupported != "":
			return 0, c.refuse(n, "%s is not supported: %s", n.Name, f.unsupported)
		case len(n.Args) < f.least || len(n.Args) > f.most:
			return 0, c.refuse(n, "%s takes %s, not %d", n.Name, f.arguments(), len(n.Args))
		}
		return f.check(c, n)
	}
	return 0, c.refuse(n, "Invalid syntax")
}

// array is the kind of [m1, m2]: arrays in it are taken apart. UNSURE whether it may
// hold scalars; here it may not.
func (c *checker) array(n *List) (Kind, error) {
	for _, item := range n.Items {
		k, err := c.of(item)
		if err != nil {
			return 0, err
		}
		if k == Scalar {
			return 0, c.refuse(item, "An array holds time series; write TIME_SERIES(...) to make one of a scalar")
		}
	}
	return Array, nil
}

// binary is the kind of X op Y: that of the larger operand. Two arrays have no
// common timestamps to go by, and the guide does not list them.
//
// UNSURE: comparison and logical operators with an array, which the guide does not
// list either; here they work like the others.
func (c *checker) binary(n *Binary) (Kind, error) {
	x, err := c.of(n.X)
	if err != nil {
		return 0, err
	}
	y, err := c.of(n.Y)
	if err != nil {
		return 0, err
	}
	if x == Array && y == Array {
		return 0, c.refuse(n, "Unsupported operand type(s) for %s: '[%s, %s]'; at most one of them may be an array of time series", n.Op, x, y)
	}
	return max(x, y), nil
}

// args checks that each argument is of one of the kinds, and gives them.
func (c *checker) args(n *Call, kinds ...[]Kind) ([]Kind, error) {
	var out []Kind
	for i, arg := range n.Args {
		k, err := c.of(arg)
		if err != nil {
			return nil, err
		}
		if i < len(kinds) && !contains(kinds[i], k) {
			return nil, c.refuse(arg, "Unsupported operand type(s) for %s: argument %d is of type %s and must be %s", n.Name, i+1, k, join(kinds[i]))
		}
		out = append(out, k)
	}
	return out, nil
}

func contains(kinds []Kind, k Kind) bool {
	for _, each := range kinds {
		if each == k {
			return true
		}
	}
	return false
}

func join(kinds []Kind) string {
	text := ""
	for i, k := range kinds {
		if i > 0 {
			text += " or "
		}
		text += k.String()
	}
	return text
}
