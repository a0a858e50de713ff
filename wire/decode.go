package wire

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
)

const (
	// MaxDepth bounds how deep values may lie in one another.
	MaxDepth = 64
	// maxMemory bounds what the lists and structures of one input may take, in
	// bytes: an empty structure is one byte in CBOR and hundreds in memory.
	maxMemory = 64 << 20
)

// A malformed error says what is wrong with the form of a request.
type malformed struct{ message string }

func (e *malformed) Error() string { return e.message }

func malformedf(format string, args ...any) error {
	return &malformed{fmt.Sprintf(format, args...)}
}

var (
	errTooDeep = &malformed{fmt.Sprintf("Values are nested more than %d deep", MaxDepth)}
	errTooMuch = &malformed{"The request holds too many values"}
)

// A reader walks the values of a request, in whatever form they came. Names it
// gives out are good until the next call.
type reader interface {
	null() bool // takes a null, if that is what comes next
	text() (string, error)
	boolean() (bool, error)
	integer() (int64, error)
	float() (float64, error)
	time() (time.Time, error)
	blob() ([]byte, error)

	object() error // then member until it says false, and after each its value
	member() (name []byte, ok bool, err error)
	mapping(Entry) error // then key until it says false, and after each its value
	key() (name string, ok bool, err error)
	array() error // then element until it says false, and after each its value
	element() (ok bool, err error)

	skip() error // passes over a value
}

// A decoder fills a Go value.
type decoder struct {
	r    reader
	left int // of maxMemory
}

func decode(r reader, p *plan, v reflect.Value) error {
	d := decoder{r, maxMemory}
	return d.value(p, v)
}

// charge counts bytes of memory before they are taken.
func (d *decoder) charge(bytes uintptr) error {
	if d.left -= int(bytes); d.left < 0 {
		return errTooMuch
	}
	return nil
}

func (d *decoder) value(p *plan, v reflect.Value) error {
	switch p.kind {
	case textKind:
		s, err := d.r.text()
		if err == nil {
			v.SetString(s)
		}
		return err
	case boolKind:
		b, err := d.r.boolean()
		if err == nil {
			v.SetBool(b)
		}
		return err
	case intKind:
		n, err := d.r.integer()
		if err == nil && v.OverflowInt(n) {
			err = malformedf("%d does not fit into an Integer", n)
		}
		if err == nil {
			v.SetInt(n)
		}
		return err
	case floatKind:
		f, err := d.r.float()
		if err == nil && v.OverflowFloat(f) && !math.IsInf(f, 0) {
			err = malformedf("%g does not fit into a Float", f)
		}
		if err == nil {
			v.SetFloat(f)
		}
		return err
	case timeKind:
		t, err := d.r.time()
		if err == nil {
			*v.Addr().Interface().(*time.Time) = t
		}
		return err
	case blobKind:
		b, err := d.r.blob()
		if err == nil {
			v.SetBytes(b)
		}
		return err
	case listKind:
		return d.list(p, v)
	case mapKind:
		return d.mapping(p, v)
	case structKind:
		return d.structure(p, v)
	default:
		return d.union(p, v)
	}
}

// pointee is value, through a new pointer if there is one.
func (d *decoder) pointee(p *plan, pointer bool, v reflect.Value) error {
	if !pointer {
		return d.value(p, v)
	}
	if err := d.charge(p.typ.Size()); err != nil {
		return err
	}
	to := reflect.New(p.typ)
	if err := d.value(p, to.Elem()); err != nil {
		return err
	}
	v.Set(to)
	return nil
}

func (d *decoder) structure(p *plan, v reflect.Value) error {
	if err := d.r.object(); err != nil {
		return err
	}
	for {
		name, ok, err := d.r.member()
		if err != nil || !ok {
			return err
		}
		f := p.byName[string(name)]
		switch {
		case f == nil:
			err = d.r.skip()
		case d.r.null():
			v.Field(f.index).SetZero()
		default:
			err = inside(f.name, d.pointee(f.plan, f.pointer, v.Field(f.index)))
		}
		if err != nil {
			return err
		}
	}
}

// inside adds the member where a value is malformed.
func inside(name string, err error) error {
	if bad := (*malformed)(nil); errors.As(err, &bad) && bad != errTooDeep && bad != errTooMuch {
		return &malformed{name + ": " + bad.message}
	}
	return err
}

// union reads a structure of which one member is given.
func (d *decoder) union(p *plan, v reflect.Value) error {
	if err := d.r.object(); err != nil {
		return err
	}
	given := 0
	for {
		name, ok, err := d.r.member()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if string(name) == "__type" {
			if err := d.r.skip(); err != nil {
				return err
			}
			continue
		}
		if d.r.null() {
			continue
		}
		if given++; given > 1 {
			return malformedf("More than one member of a union is given")
		}
		f := p.byName[string(name)]
		if f == nil {
			return malformedf("A union has an unknown member")
		}
		if err := d.charge(f.member.Size()); err != nil {
			return err
		}
		to := reflect.New(f.member)
		if err := inside(f.name, d.pointee(f.plan, f.pointer, to.Elem().Field(f.index))); err != nil {
			return err
		}
		v.Set(to)
	}
	if given == 0 {
		return malformedf("No member of a union is given")
	}
	return nil
}

func (d *decoder) list(p *plan, v reflect.Value) error {
	if err := d.r.array(); err != nil {
		return err
	}
	// Of a member that was given before, nothing is left over.
	list := reflect.MakeSlice(p.typ, 0, 0)
	size := p.typ.Elem().Size()
	for n := 0; ; n++ {
		ok, err := d.r.element()
		if err != nil {
			return err
		}
		if !ok {
			v.Set(list)
			return nil
		}
		if err := d.charge(size); err != nil {
			return err
		}
		if n == list.Cap() {
			// In place, since append by reflection would copy the header each time.
			grown := reflect.MakeSlice(p.typ, n, max(4, 2*n))
			reflect.Copy(grown, list)
			list = grown
		}
		list = list.Slice(0, n+1)
		if d.r.null() {
			return malformedf("A list holds null")
		}
		if err := d.pointee(p.elem, p.pointer, list.Index(n)); err != nil {
			return err
		}
	}
}

func (d *decoder) mapping(p *plan, v reflect.Value) error {
	if err := d.r.mapping(p.entry); err != nil {
		return err
	}
	m := reflect.MakeMap(p.typ)
	for {
		key, ok, err := d.r.key()
		if err != nil {
			return err
		}
		if !ok {
			v.Set(m)
			return nil
		}
		if d.r.null() {
			continue
		}
		// Twice, for what a map takes beside keys and values.
		if err := d.charge(2 * (p.typ.Key().Size() + p.typ.Elem().Size())); err != nil {
			return err
		}
		value := reflect.New(p.typ.Elem()).Elem()
		if err := inside(key, d.pointee(p.elem, p.pointer, value)); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(key).Convert(p.typ.Key()), value)
	}
}

func skipObject(r reader) error {
	if err := r.object(); err != nil {
		return err
	}
	for {
		if _, ok, err := r.member(); err != nil || !ok {
			return err
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
}

func skipArray(r reader) error {
	if err := r.array(); err != nil {
		return err
	}
	for {
		if ok, err := r.element(); err != nil || !ok {
			return err
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
}

// epoch is a time given in seconds since 1970, to the millisecond: AWS keeps no
// more, and a double holds no more.
func epoch(seconds float64) (time.Time, error) {
	// From year 1 to 9999, which is what RFC 3339 can write.
	if !(seconds >= -62135596800 && seconds < 253402300800) {
		return time.Time{}, malformedf("%g is not a time", seconds)
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
}
