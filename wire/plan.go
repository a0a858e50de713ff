package wire

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// A kind is what a Go type is on the wire.
type kind uint8

const (
	textKind kind = iota
	boolKind
	intKind
	floatKind
	timeKind
	blobKind
	listKind
	mapKind
	structKind
	unionKind
)

// A plan is how values of a Go type are read and written.
type plan struct {
	typ     reflect.Type // never a pointer
	kind    kind
	elem    *plan   // of lists and maps
	pointer bool    // elements are pointers
	entry   Entry   // of maps
	fields  []field // of structures and unions
	byName  map[string]*field
}

// A field is a member of a structure, or of a union.
type field struct {
	name    string // on the wire
	index   int    // of the Go field; of a union's member type always its Value
	pointer bool
	plan    *plan
	member  reflect.Type // of unions: the member's struct type
}

// A compiler makes the plans of one service, each once.
type compiler struct {
	model *Model
	mu    sync.Mutex
	plans map[planKey]*plan // guarded by mu
}

// A planKey is a type, and how entries are called if it is a map.
type planKey struct {
	typ   reflect.Type
	entry Entry
}

var (
	timeType = reflect.TypeFor[time.Time]()
	blobType = reflect.TypeFor[[]byte]()
)

func newCompiler(m *Model) *compiler {
	return &compiler{model: m, plans: map[planKey]*plan{}}
}

// plan gives the plan of a type that is not a pointer.
func (c *compiler) plan(t reflect.Type) (*plan, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.compile(t, plainEntry)
}

// compile is plan with mu held. A plan is known before it is complete, since
// types may hold themselves.
func (c *compiler) compile(t reflect.Type, entry Entry) (*plan, error) {
	key := planKey{t, entry}
	if p, ok := c.plans[key]; ok {
		return p, nil
	}
	p := &plan{typ: t, entry: entry}
	c.plans[key] = p
	if err := c.fill(p); err != nil {
		delete(c.plans, key)
		return nil, err
	}
	return p, nil
}

func (c *compiler) fill(p *plan) (err error) {
	switch t := p.typ; {
	case t == timeType:
		p.kind = timeKind
	case t == blobType:
		p.kind = blobKind
	case t.Kind() == reflect.String:
		p.kind = textKind
	case t.Kind() == reflect.Bool:
		p.kind = boolKind
	case t.Kind() == reflect.Int32 || t.Kind() == reflect.Int64:
		p.kind = intKind
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		p.kind = floatKind
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		p.kind = listKind
		if t.Kind() == reflect.Map {
			p.kind = mapKind
		}
		p.elem, p.pointer, err = c.pointee(t.Elem(), plainEntry)
	case t.Kind() == reflect.Struct:
		p.kind = structKind
		return c.fillStruct(p)
	case t.Kind() == reflect.Interface:
		p.kind = unionKind
		return c.fillUnion(p)
	default:
		err = fmt.Errorf("%s has no form in AWS's protocols", t)
	}
	return err
}

func (c *compiler) pointee(t reflect.Type, entry Entry) (p *plan, pointer bool, err error) {
	if pointer = t.Kind() == reflect.Pointer; pointer {
		t = t.Elem()
	}
	p, err = c.compile(t, entry)
	return p, pointer, err
}

func (c *compiler) fillStruct(p *plan) error {
	for i := range p.typ.NumField() {
		f := p.typ.Field(i)
		// The SDK keeps its own notes beside the members.
		if !f.IsExported() || f.Name == "ResultMetadata" || f.Name == "ErrorCodeOverride" {
			continue
		}
		place := p.typ.Name() + "." + f.Name
		entry, ok := c.model.Entries[place]
		if !ok {
			entry = plainEntry
		}
		elem, pointer, err := c.pointee(f.Type, entry)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		p.fields = append(p.fields, field{name: c.name(place, f.Name), index: i, pointer: pointer, plan: elem})
	}
	return p.index()
}

func (c *compiler) fillUnion(p *plan) error {
	for _, zero := range c.model.Unions {
		t := reflect.TypeOf(zero)
		if !t.Implements(p.typ) {
			continue
		}
		value, ok := t.Elem().FieldByName("Value")
		if !ok {
			return fmt.Errorf("union member %s has no Value", t)
		}
		elem, pointer, err := c.pointee(value.Type, plainEntry)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		name := strings.TrimPrefix(t.Elem().Name(), p.typ.Name()+"Member")
		p.fields = append(p.fields, field{
			name: c.name(p.typ.Name()+"."+name, name), index: value.Index[0], pointer: pointer, plan: elem, member: t.Elem(),
		})
	}
	if len(p.fields) == 0 {
		return fmt.Errorf("the model of %s names no members of the union %s", c.model.Name, p.typ)
	}
	return p.index()
}

// index makes byName; two members of one name are a mistake of the model.
func (p *plan) index() error {
	p.byName = make(map[string]*field, len(p.fields))
	for i := range p.fields {
		f := &p.fields[i]
		if _, twice := p.byName[f.name]; twice {
			return fmt.Errorf("%s has two members %q", p.typ, f.name)
		}
		p.byName[f.name] = f
	}
	return nil
}

// name is what the member at place ("Type.Field") is called on the wire.
func (c *compiler) name(place, goName string) string {
	if name, ok := c.model.Names[place]; ok {
		return name
	}
	if !c.model.LowerNames {
		return goName
	}
	first, size := utf8.DecodeRuneInString(goName)
	return string(unicode.ToLower(first)) + goName[size:]
}
