package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A writer takes the values of an answer.
type writer interface {
	text(string)
	boolean(bool)
	integer(int64)
	float(f float64, bits int)
	time(time.Time)
	blob([]byte)

	object()
	member(name string)
	endObject()
	mapping(n int, e Entry)
	key(string)
	endMapping()
	array(n int)
	element()
	endArray()
}

// encode writes v, which has been compiled to p. It fails when v holds a union
// member that the model does not know.
func encode(w writer, p *plan, v reflect.Value) error {
	switch p.kind {
	case textKind:
		w.text(v.String())
	case boolKind:
		w.boolean(v.Bool())
	case intKind:
		w.integer(v.Int())
	case floatKind:
		w.float(v.Float(), p.typ.Bits())
	case timeKind:
		w.time(v.Interface().(time.Time).UTC())
	case blobKind:
		w.blob(v.Bytes())
	case listKind:
		return encodeList(w, p, v)
	case mapKind:
		return encodeMap(w, p, v)
	case structKind:
		w.object()
		if err := encodeMembers(w, p, v); err != nil {
			return err
		}
		w.endObject()
	case unionKind:
		return encodeUnion(w, p, v)
	}
	return nil
}

// encodeMembers writes the members that are present. Numbers and flags that
// Go holds without a pointer always are: AWS gives them a default.
func encodeMembers(w writer, p *plan, v reflect.Value) error {
	for i := range p.fields {
		f := &p.fields[i]
		value := v.Field(f.index)
		if absent(f, value) {
			continue
		}
		if f.pointer {
			value = value.Elem()
		}
		w.member(f.name)
		if err := encode(w, f.plan, value); err != nil {
			return err
		}
	}
	return nil
}

func absent(f *field, v reflect.Value) bool {
	if f.pointer {
		return v.IsNil()
	}
	switch f.plan.kind {
	case blobKind, listKind, mapKind, unionKind:
		return v.IsNil()
	case textKind: // an enumeration
		return v.Len() == 0
	default:
		return false
	}
}

func encodeList(w writer, p *plan, v reflect.Value) error {
	w.array(v.Len())
	for i := range v.Len() {
		w.element()
		if err := encodeElement(w, p, v.Index(i)); err != nil {
			return err
		}
	}
	w.endArray()
	return nil
}

// encodeMap writes the entries in the order of their keys, so that equal
// outputs are equal answers.
func encodeMap(w writer, p *plan, v reflect.Value) error {
	w.mapping(v.Len(), p.entry)
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		w.key(key.String())
		if err := encodeElement(w, p, v.MapIndex(key)); err != nil {
			return err
		}
	}
	w.endMapping()
	return nil
}

func encodeElement(w writer, p *plan, v reflect.Value) error {
	if p.pointer {
		if v.IsNil() {
			return fmt.Errorf("%s holds nil", p.typ)
		}
		v = v.Elem()
	}
	return encode(w, p.elem, v)
}

func encodeUnion(w writer, p *plan, v reflect.Value) error {
	if v.IsNil() || v.Elem().Kind() != reflect.Pointer || v.Elem().IsNil() {
		return fmt.Errorf("%s holds no member", p.typ)
	}
	member := v.Elem().Elem()
	for i := range p.fields {
		f := &p.fields[i]
		if f.member != member.Type() {
			continue
		}
		value := member.Field(f.index)
		if absent(f, value) && f.plan.kind != textKind {
			return fmt.Errorf("%s holds nil", member.Type())
		}
		if f.pointer {
			value = value.Elem()
		}
		w.object()
		w.member(f.name)
		if err := encode(w, f.plan, value); err != nil {
			return err
		}
		w.endObject()
		return nil
	}
	return fmt.Errorf("%s holds the unknown member %s", p.typ, member.Type())
}
