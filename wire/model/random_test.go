package model_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"time"

	"tocsin/wire"
)

// A maker makes random values of the SDK's types.
type maker struct {
	*rand.Rand
	model wire.Model
	// control allows control characters in strings, which XML cannot hold, and
	// structures without members, which Query does not mention.
	control bool
}

// hardText is what encodings stumble over.
var hardText = []string{"", " ", "a&b=c;d+e%2F", `"quoted" \ back`, "<a>&amp;</a>", "tab\tline\ncr\r\n", "é ü 漢字 🚨", "null", "true", "1e5", "entry.1.member", "  trim  "}

func (m maker) text() string {
	s := hardText[m.IntN(len(hardText))]
	if m.control && m.IntN(4) == 0 {
		s += "\x00\x1f\x7f\u2028"
	}
	return fmt.Sprintf("%s%x", s, m.Uint32())
}

// fill sets v, and about three in four of what it may leave out.
func (m maker) fill(v reflect.Value, depth int) {
	switch t := v.Type(); {
	case t == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.UnixMilli(m.Int64N(4e12)).UTC()))
	case t.Kind() == reflect.String:
		v.SetString(m.text())
	case t.Kind() == reflect.Bool:
		v.SetBool(m.IntN(2) == 0)
	case t.Kind() == reflect.Int32:
		v.SetInt(int64(int32(m.Uint32())))
	case t.Kind() == reflect.Int64:
		v.SetInt(int64(m.Uint64()))
	case t.Kind() == reflect.Float32:
		v.SetFloat(float64(m.Float32() * 1e6))
	case t.Kind() == reflect.Float64:
		v.SetFloat([]float64{m.NormFloat64(), m.NormFloat64() * 1e200, 1e-300, 0, -5, math.MaxFloat64, 1 << 60}[m.IntN(7)])
	case t.Kind() == reflect.Uint8:
		v.SetUint(uint64(m.Uint32() & 0xff))
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		m.fill(v.Elem(), depth)
	case t.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, m.size(depth), 12))
		for i := range v.Len() {
			m.fill(v.Index(i), depth+1)
		}
	case t.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(t))
		for range m.size(depth) {
			key, value := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			m.fill(key, depth+1)
			m.fill(value, depth+1)
			v.SetMapIndex(key, value)
		}
	case t.Kind() == reflect.Interface:
		m.fillUnion(v, depth)
	case t.Kind() == reflect.Struct:
		m.fillMembers(v, depth)
		for range 20 {
			if m.control || depth == 0 || !v.IsZero() {
				break
			}
			m.fillMembers(v, depth)
		}
	default:
		panic("no random " + t.String())
	}
}

func (m maker) fillMembers(v reflect.Value, depth int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" || f.Name == "ErrorCodeOverride" {
			continue
		}
		// A client makes a token up when there is none.
		if m.IntN(4) > 0 || f.Name == "ClientToken" || f.Name == "ClientRequestToken" {
			m.fill(v.Field(i), depth+1)
		}
	}
}

func (m maker) size(depth int) int {
	if depth > 6 {
		return 1
	}
	n := []int{0, 1, 2, 3, 12}[m.IntN(5-min(depth, 3))]
	if !m.control && depth > 1 {
		n = max(n, 1)
	}
	return n
}

func (m maker) fillUnion(v reflect.Value, depth int) {
	var members []reflect.Type
	for _, zero := range m.model.Unions {
		if t := reflect.TypeOf(zero); t.Implements(v.Type()) && (m.control || hasMembers(t)) {
			members = append(members, t)
		}
	}
	member := reflect.New(members[m.IntN(len(members))].Elem())
	m.fill(member.Elem().FieldByName("Value"), depth+1)
	v.Set(member)
}

// hasMembers says whether a union member's value can be mentioned in Query.
func hasMembers(t reflect.Type) bool {
	value, _ := t.Elem().FieldByName("Value")
	return value.Type.Kind() != reflect.Struct || value.Type.NumField() > 1 || value.Type.Field(0).IsExported()
}

// difference tells where a and b differ, "" if nowhere. What is empty is what
// is absent if empties is false, since Query cannot always tell them apart.
func difference(a, b reflect.Value, empties bool) string {
	if a.Kind() != b.Kind() {
		return fmt.Sprintf(": %s, not %s", b.Kind(), a.Kind())
	}
	switch a.Kind() {
	case reflect.Invalid:
		return ""
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() != b.IsNil() {
			return fmt.Sprintf(": nil is %t, not %t", b.IsNil(), a.IsNil())
		}
		if a.IsNil() {
			return ""
		}
		if a.Kind() == reflect.Interface && a.Elem().Type() != b.Elem().Type() {
			return fmt.Sprintf(": %s, not %s", b.Elem().Type(), a.Elem().Type())
		}
		return difference(a.Elem(), b.Elem(), empties)
	case reflect.Slice, reflect.Map:
		if empties && a.IsNil() != b.IsNil() {
			return fmt.Sprintf(": nil is %t, not %t", b.IsNil(), a.IsNil())
		}
		if a.Len() != b.Len() {
			return fmt.Sprintf(": %d elements, not %d", b.Len(), a.Len())
		}
		if a.Kind() == reflect.Map {
			for _, key := range a.MapKeys() {
				if d := difference(a.MapIndex(key), b.MapIndex(key), empties); d != "" {
					return fmt.Sprintf("[%q]%s", key, d)
				}
			}
			return ""
		}
		for i := range a.Len() {
			if d := difference(a.Index(i), b.Index(i), empties); d != "" {
				return fmt.Sprintf("[%d]%s", i, d)
			}
		}
		return ""
	case reflect.Struct:
		if at, ok := a.Interface().(time.Time); ok {
			// The SDK cuts a double's seconds to milliseconds instead of rounding.
			if bt := b.Interface().(time.Time); at.Sub(bt).Abs() > time.Millisecond {
				return fmt.Sprintf(": %v, not %v", bt, at)
			}
			return ""
		}
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if !f.IsExported() || f.Name == "ResultMetadata" || f.Name == "ErrorCodeOverride" {
				continue
			}
			if d := difference(a.Field(i), b.Field(i), empties); d != "" {
				return "." + f.Name + d
			}
		}
		return ""
	}
	if !a.Equal(b) {
		return fmt.Sprintf(": %#v, not %#v", b, a)
	}
	return ""
}
