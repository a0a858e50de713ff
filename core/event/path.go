package event

import "strconv"

// A StepKind tells the three ways of going down from one JSON value to another.
type StepKind uint8

const (
	// Member goes to the member Name of an object; on an array it finds nothing.
	Member StepKind = iota
	// Element goes to the element Index of an array, from 0; on an object it
	// finds nothing, whatever its members are called.
	Element
	// Each goes to every element of an array, or to every member's value of an object.
	Each
)

// A Step is one step of a Path.
type Step struct {
	Name  string
	Index int
	Kind  StepKind
}

// A Path leads from the root of a record to a value, or with an Each step to
// any number of values. The empty path is the record itself.
type Path []Step

// Members is the path that goes down by member names alone.
func Members(names ...string) Path {
	p := make(Path, len(names))
	for i, n := range names {
		p[i] = Step{Name: n}
	}
	return p
}

// Wild tells whether the path has an Each step.
func (p Path) Wild() bool {
	for _, s := range p {
		if s.Kind == Each {
			return true
		}
	}
	return false
}

// Equal tells whether both paths take the same steps.
func (p Path) Equal(q Path) bool {
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] {
			return false
		}
	}
	return true
}

// String writes the path as a CloudWatch Logs selector: $.userIdentity.type,
// $.resources[0].ARN, $.requestParameters.*, $.['a.b'].
func (p Path) String() string {
	b := []byte{'$'}
	for _, s := range p {
		switch {
		case s.Kind == Element:
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.Index), 10)
			b = append(b, ']')
		case s.Kind == Each:
			b = append(b, "[*]"...)
		case plainName(s.Name):
			b = append(b, '.')
			b = append(b, s.Name...)
		default:
			b = append(b, ".['"...)
			b = append(b, s.Name...)
			b = append(b, "']"...)
		}
	}
	return string(b)
}

// plainName tells whether a member name needs no bracket quoting in a selector.
func plainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return name != ""
}
