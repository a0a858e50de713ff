package wire

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A form is the parameters of a Query request, ordered so that what belongs
// to one value lies together, and the elements of a list in the order of their numbers.
type form []param

type param struct{ name, value string }

// maxParams bounds the parameters of a request.
const maxParams = 100_000

// parseForm reads name=value&name=value. Of a name that is given twice the
// last value counts.
func parseForm(text string) (form, error) {
	if strings.Count(text, "&") >= maxParams {
		return nil, errTooMuch
	}
	f := make(form, 0, strings.Count(text, "&")+1)
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, malformedf("The query string contains a wrong escape")
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, malformedf("The query string contains a wrong escape")
		}
		if strings.Count(name, ".") >= 2*MaxDepth {
			return nil, errTooDeep
		}
		f = append(f, param{name, strings.ToValidUTF8(value, "\uFFFD")})
	}
	slices.SortStableFunc(f, func(a, b param) int { return comparePaths(a.name, b.name) })
	last := f[:0]
	for i, p := range f {
		if i+1 == len(f) || f[i+1].name != p.name {
			last = append(last, p)
		}
	}
	return last, nil
}

// get is the value of a parameter.
func (f form) get(name string) (string, bool) {
	i, ok := slices.BinarySearchFunc(f, name, func(p param, name string) int { return comparePaths(p.name, name) })
	if !ok {
		return "", false
	}
	return f[i].value, true
}

// comparePaths orders names segment by segment, numbers by their value and
// before everything else.
func comparePaths(a, b string) int {
	for a != b {
		if a == "" || b == "" {
			return cmp.Compare(len(a), len(b))
		}
		first, restA, moreA := strings.Cut(a, ".")
		second, restB, moreB := strings.Cut(b, ".")
		if c := compareSegments(first, second); c != 0 {
			return c
		}
		if moreA != moreB {
			if moreB {
				return -1
			}
			return 1
		}
		a, b = restA, restB
	}
	return 0
}

func compareSegments(a, b string) int {
	numA, numB := isNumber(a), isNumber(b)
	switch {
	case numA && numB:
		trimA, trimB := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(trimA), len(trimB)), cmp.Compare(trimA, trimB), cmp.Compare(a, b))
	case numA != numB:
		if numA {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// A formReader reads a form: a value is the parameters that begin with its name.
type formReader struct {
	now   span
	open  []opened
	first bool // now is the whole request, which has no name
}

// A span is the parameters of one value, and how much of their names is the
// name of the value.
type span struct {
	params form
	prefix int
}

// An opened value gives out its parts.
type opened struct {
	rest  form // what was not given out yet
	from  int  // where the names of the parts begin
	entry Entry
}

func newFormReader(f form) *formReader {
	return &formReader{now: span{params: f}, first: true}
}

// null is never said by a form: what is not there is not mentioned.
func (r *formReader) null() bool { return false }

func (r *formReader) text() (string, error) {
	p := r.now.params[0]
	if len(p.name) != r.now.prefix || len(r.now.params) > 1 {
		return "", malformedf("A structure was given where a simple value is expected")
	}
	return p.value, nil
}

func (r *formReader) boolean() (bool, error) {
	s, err := r.text()
	if err != nil {
		return false, err
	}
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	}
	return false, malformedf("Boolean must be either true or false")
}

func (r *formReader) integer() (int64, error) {
	s, err := r.text()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, malformedf("Not an Integer")
	}
	return n, nil
}

func (r *formReader) float() (float64, error) {
	s, err := r.text()
	if err != nil {
		return 0, err
	}
	if strings.ContainsAny(s, "xX_pP") {
		return 0, malformedf("Not a Double")
	}
	f, err := strconv.ParseFloat(s, 64) // takes NaN and Infinity, too
	if err != nil {
		return 0, malformedf("Not a Double")
	}
	return f, nil
}

// timeLayouts are the forms of ISO 8601 that AWS takes; fractions of seconds
// are taken with each. Without a zone it is UTC.
var timeLayouts = [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02", "20060102T150405Z07:00"}

func (r *formReader) time() (time.Time, error) {
	s, err := r.text()
	if err != nil {
		return time.Time{}, err
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, malformedf("timestamp must follow ISO8601")
}

func (r *formReader) blob() ([]byte, error) {
	s, err := r.text()
	if err != nil {
		return nil, err
	}
	return unbase64([]byte(s))
}

// begin opens the value that is next. A name alone, with no value, is an
// empty list or map or structure.
func (r *formReader) begin(entry Entry) error {
	if len(r.open) >= MaxDepth {
		return errTooDeep
	}
	from := r.now.prefix + 1
	rest := r.now.params
	if r.first {
		from, r.first = 0, false
	} else if p := rest[0]; len(p.name) == r.now.prefix {
		if p.value != "" {
			return malformedf("A simple value was given where a structure is expected")
		}
		rest = rest[1:]
	}
	r.open = append(r.open, opened{rest, from, entry})
	return nil
}

// part moves to the next part of what was opened last and gives its name.
func (r *formReader) part() (name string, ok bool) {
	o := &r.open[len(r.open)-1]
	if len(o.rest) == 0 {
		r.open = r.open[:len(r.open)-1]
		return "", false
	}
	name, _, _ = strings.Cut(o.rest[0].name[o.from:], ".")
	n := 1
	for n < len(o.rest) && sameSegment(o.rest[n].name[o.from:], name) {
		n++
	}
	r.now = span{o.rest[:n], o.from + len(name)}
	o.rest = o.rest[n:]
	return name, true
}

func sameSegment(rest, name string) bool {
	return strings.HasPrefix(rest, name) && (len(rest) == len(name) || rest[len(name)] == '.')
}

func (r *formReader) object() error { return r.begin(Entry{}) }

func (r *formReader) member() ([]byte, bool, error) {
	name, ok := r.part()
	return []byte(name), ok, nil
}

// into opens the one part of that name that lists and maps are wrapped in:
// "member" or "entry".
func (r *formReader) into(wrapping string, entry Entry) error {
	if err := r.begin(entry); err != nil {
		return err
	}
	o := &r.open[len(r.open)-1]
	if len(o.rest) == 0 {
		return nil
	}
	for _, p := range o.rest {
		if !strings.HasPrefix(p.name[o.from:], wrapping+".") {
			return malformedf("%s is expected after %s", wrapping, strings.TrimSuffix(p.name[:o.from], "."))
		}
	}
	o.from += len(wrapping) + 1
	return nil
}

func (r *formReader) array() error          { return r.into("member", Entry{}) }
func (r *formReader) mapping(e Entry) error { return r.into("entry", e) }

func (r *formReader) element() (bool, error) {
	name, ok := r.part()
	if ok && !isNumber(name) {
		return false, malformedf("Key %s is not a number", shorten(name))
	}
	return ok, nil
}

// key reads entry.N.key and leaves entry.N.value as the next value.
func (r *formReader) key() (string, bool, error) {
	entry := r.open[len(r.open)-1].entry
	if ok, err := r.element(); err != nil || !ok {
		return "", false, err
	}
	dotted := r.now.params[0].name[:r.now.prefix] + "."
	key, value := "", span{prefix: len(dotted) + len(entry.Value)}
	hasKey := false
	for _, p := range r.now.params {
		switch {
		case p.name == dotted+entry.Key:
			key, hasKey = p.value, true
		case strings.HasPrefix(p.name, dotted) && sameSegment(p.name[len(dotted):], entry.Value):
			value.params = append(value.params, p)
		}
	}
	if !hasKey || len(value.params) == 0 {
		return "", false, malformedf("A map's entry must have %s and %s", entry.Key, entry.Value)
	}
	r.now = value
	return key, true, nil
}

// skip has nothing to do: part goes over the whole value.
func (r *formReader) skip() error { return nil }

// shorten bounds what a stranger's text takes up in an answer.
func shorten(s string) string { return strings.ToValidUTF8(s[:min(len(s), 100)], "") }

// input is what of a form belongs to the operation's input: not the protocol's own
// parameters, nor those of a signature in the query.
func (f form) input() form {
	return slices.DeleteFunc(slices.Clone(f), func(p param) bool {
		return p.name == "Action" || p.name == "Version" || strings.HasPrefix(p.name, "X-Amz-")
	})
}
