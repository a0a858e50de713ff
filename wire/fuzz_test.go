package wire

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A tree has a member of every kind, and itself.
type tree struct {
	Text  *string
	Flag  bool
	Count *int32
	Size  int64
	Level *float64
	When  *time.Time
	Bytes []byte
	Names []string
	Rows  [][]tree
	Map   map[string]tree
	Tree  *tree
	Small float32
}

func treePlan(t testing.TB) *plan {
	p, err := newCompiler(&Model{}).plan(reflect.TypeFor[tree]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// again checks that what was read can be written, and read again, equal.
func again(t *testing.T, p *plan, v reflect.Value, w writer, read func() (reflect.Value, error)) {
	if err := encode(w, p, v); err != nil {
		t.Fatal(err)
	}
	second, err := read()
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	if !same(v, second) {
		t.Fatalf("%+v is read as %+v", v, second)
	}
}

// same is DeepEqual, but NaN is NaN.
func same(a, b reflect.Value) bool {
	one, two := &jsonWriter{}, &jsonWriter{}
	p, _ := newCompiler(&Model{}).plan(a.Type())
	return encode(one, p, a) == nil && encode(two, p, b) == nil && string(one.b) == string(two.b)
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"Text":"a\u00e9\ud83d\udea8\n","Flag":true,"Count":1e3,"Size":-9,"Level":"NaN","When":1.5e9,"Bytes":"AQI=","Names":["a",""],"Rows":[[{}],[]],"Map":{"k":{"Tree":{}}},"No":[{"x":[1,null,{}]}]}`,
		`{"Text":null}`, `[`, `{"Text":1}`, `{"Count":2147483648}`, `{"When":1e300}`, strings.Repeat(`{"Tree":`, 100), strings.Repeat(`{"x":[`, 100), `{"Text":"\ud800"}`, "{\"Text\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
	p := treePlan(f)
	read := func(b []byte) (reflect.Value, error) {
		v := reflect.New(p.typ).Elem()
		r := &jsonReader{b: b}
		if err := decode(r, p, v); err != nil {
			return v, err
		}
		return v, r.end()
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := read(b)
		if err != nil {
			return
		}
		if !json.Valid(b) {
			t.Fatal("taken, but no JSON")
		}
		w := &jsonWriter{}
		again(t, p, v, w, func() (reflect.Value, error) { return read(w.b) })
		if !json.Valid(w.b) {
			t.Fatalf("written, but no JSON: %s", w.b)
		}
	})
}

func FuzzCBOR(f *testing.F) {
	full := &cborWriter{}
	text, when, nan := "é", time.UnixMilli(1500).UTC(), math.NaN()
	if err := encode(full, treePlan(f), reflect.ValueOf(tree{Text: &text, When: &when, Level: &nan, Bytes: []byte{1}, Rows: [][]tree{{{}}}, Map: map[string]tree{"k": {}}})); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		string(full.b), "\xa0", "\xbf\xff", "\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "\xa1\x65Names\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "\xa1\x64Text\x7f\x61a\x61b\xff",
		strings.Repeat("\xa1\x64Tree", 100), strings.Repeat("\xa1\x61x\x81", 100), "\xa1\x61x" + strings.Repeat("\xc1", 1000) + "\x00", "\xa1\x64When\xc1\xf9\x7c\x00", "\xa1\x65Level\xf9\x3c\x00",
	} {
		f.Add([]byte(s))
	}
	p := treePlan(f)
	read := func(b []byte) (reflect.Value, error) {
		v := reflect.New(p.typ).Elem()
		r := &cborReader{b: b}
		if err := decode(r, p, v); err != nil {
			return v, err
		}
		return v, r.end()
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := read(b)
		if err != nil {
			return
		}
		w := &cborWriter{}
		again(t, p, v, w, func() (reflect.Value, error) { return read(w.b) })
	})
}

func FuzzForm(f *testing.F) {
	for _, s := range []string{
		"", "Text=a%20b+c&Flag=TRUE&Count=1&Level=NaN&When=2024-01-01T00:00:00.5Z&Bytes=AQI%3D", "Names.member.10=j&Names.member.9=i&Names=", "Names.member.x=1", "Names.1=a",
		"Map.entry.1.key=k&Map.entry.1.value.Text=v", "Map.entry.1.key=k", "Rows.member.1.member.2.Flag=true", "Text=%zz", "Text.x=1&Text=2", strings.Repeat("Tree.", 200) + "Flag=true", "=&.=&..=.", "Tree=x",
	} {
		f.Add(s)
	}
	p := treePlan(f)
	f.Fuzz(func(t *testing.T, s string) {
		params, err := parseForm(s)
		if err != nil {
			return
		}
		for i := 1; i < len(params); i++ {
			if comparePaths(params[i-1].name, params[i].name) >= 0 {
				t.Fatalf("%q is not before %q", params[i-1].name, params[i].name)
			}
		}
		v := reflect.New(p.typ).Elem()
		if decode(newFormReader(params), p, v) != nil {
			return
		}
		if err := encode(&xmlWriter{name: "x"}, p, v); err != nil {
			t.Fatal(err)
		}
	})
}

// A small body cannot ask for much memory.
func TestMemoryIsBounded(t *testing.T) {
	p := treePlan(t)
	bodies := map[string]reader{
		"json": &jsonReader{b: []byte(`{"Rows":[[` + strings.Repeat(`{},`, 1<<20) + `{}]]}`)},
		"cbor": &cborReader{b: append([]byte("\xa1\x64Rows\x81\x9a\x00\x10\x00\x00"), strings.Repeat("\xa0", 1<<20)...)},
	}
	for name, r := range bodies {
		if err := decode(r, p, reflect.New(p.typ).Elem()); err != errTooMuch {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	p := treePlan(t)
	params, err := parseForm(strings.Repeat("Tree.", 100) + "Flag=true")
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[string]reader{
		"json": &jsonReader{b: []byte(strings.Repeat(`{"Tree":`, 1<<16))}, "json, passed over": &jsonReader{b: []byte(`{"x":` + strings.Repeat(`[`, 1<<20))},
		"cbor": &cborReader{b: []byte(strings.Repeat("\xa1\x64Tree", 1<<16))}, "cbor, passed over": &cborReader{b: []byte("\xa1\x61x" + strings.Repeat("\x81", 1<<20))},
		"form": newFormReader(params),
	}
	for name, r := range bodies {
		if err := decode(r, p, reflect.New(p.typ).Elem()); err != errTooDeep {
			t.Errorf("%s: %v", name, err)
		}
	}
}
