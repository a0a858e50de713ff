package event

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// testPaths are paths as the CIS patterns have them, and awkward ones.
var testPaths = []Path{
	Members("eventVersion"), Members("eventTime"), Members("eventSource"), Members("eventName"),
	Members("errorCode"), Members("errorMessage"), Members("eventType"), Members("eventID"),
	Members("userIdentity", "type"), Members("userIdentity", "invokedBy"),
	Members("userIdentity", "sessionContext", "sessionIssuer", "userName"),
	Members("userIdentity", "sessionContext"),
	Members("additionalEventData", "MFAUsed"), Members("responseElements", "ConsoleLogin"),
	Members("userIdentity"), Members("a"), Members("a", "b"), Members("a", ""), Members("ab.c", "d e"),
	Members("é\n"), Members("a", "b", "c"),
	{},
	Members("a"), Members("recipientAccountId"), Members("recipientAccountIx"),
}

// decoded is what encoding/json makes of a text, numbers as they are written.
func decoded(text []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err == nil
}

// at is what a decoded value has at a path of members.
func at(v any, p Path) (any, bool) {
	for _, step := range p {
		object, _ := v.(map[string]any)
		var ok bool
		if v, ok = object[step.Name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// sameValue fails the test unless got is the value want; present: there is one.
func sameValue(t *testing.T, what string, got Value, want any, present bool) {
	t.Helper()
	if !present {
		if !reflect.DeepEqual(got, Value{}) {
			t.Errorf("%s: got %d %q, want none", what, got.Kind, got.Raw)
		}
		return
	}
	kind := Null
	switch w := want.(type) {
	case bool:
		if kind = False; w {
			kind = True
		}
	case json.Number:
		kind = Number
	case string:
		kind = String
		if text := string(got.AppendText(nil)); got.Kind == String && text != w {
			t.Errorf("%s: got text %q, want %q", what, text, w)
		}
		if got.Escaped != bytes.ContainsRune(got.Raw, '\\') {
			t.Errorf("%s: Escaped is %v of %q", what, got.Escaped, got.Raw)
		}
	case map[string]any:
		kind = Object
	case []any:
		kind = Array
	}
	if got.Kind != kind {
		t.Fatalf("%s: got kind %d %q, want %d", what, got.Kind, got.Raw, kind)
	}
	if kind != String {
		if v, ok := decoded(got.Raw); !ok || !reflect.DeepEqual(v, want) {
			t.Errorf("%s: got %s, want %v", what, got.Raw, want)
		}
	}
}

// checkExtract compares Extract and Find with encoding/json.
func checkExtract(t *testing.T, x *Extractor, record []byte) {
	t.Helper()
	values, ok := x.Extract(record)
	want, valid := decoded(record)
	if _, object := want.(map[string]any); !valid || !object || !json.Valid(record) || !utf8.Valid(record) {
		return
	}
	if !ok {
		t.Fatalf("did not extract from %q: %s at %d", record, faultTexts[x.walk.why], x.walk.at)
	}
	for i, p := range testPaths {
		v, present := at(want, p)
		sameValue(t, "Extract "+p.String(), values[i], v, present)
		var found Value
		Find(record, p, func(v Value) bool { found = v; return false })
		sameValue(t, "Find "+p.String(), found, v, present)
	}
}

var testRecords = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":{"b":{"c":"x"}}}`,
	`{"eventVersion":"1.08","userIdentity":{"type":"Root","sessionContext":{"sessionIssuer":{"userName":"\u0041\"\\"}}},"eventName":"StopLogging"}`,
	`{"a":{"b":1},"a":{"c":2}}`, `{"a":{"b":1},"a":null}`, `{"a":null,"a":{"b":[1,2]}}`, `{"a":{"b":{"c":1}},"a":{"b":2}}`,
	`{"\u0061":{"\u0062":"escaped names"}}`, `{"a":{"b":1},"\u0061":{}}`, `{"a":{"":true}}`,
	`{"ab.c":{"d e":false},"é\n":-1.5e+3}`, `{"é\u000a":[{"a":1},"]}"]}`,
	"{\n\t\"a\" : {\r\n \"b\" : [ ] , \"c\" : \"}\" } , \"errorCode\" : null\n}\n",
	`{"recipientAccountId":"1","recipientAccountIx":"2"}`, `{"x":"\\\\\\","a":"\\\\"}`,
	`{"eventName":"` + string(bytes.Repeat([]byte(`\\`), 40)) + `","a":7}`,
	`{"x":` + string(bytes.Repeat([]byte(`[{"a":`), 90)) + `1` + string(bytes.Repeat([]byte(`}]`), 90)) + `,"a":true}`,
	`{"a" 1}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{"a":"x}`, `[]`, `null`, ``, `{`, `{"a":[}`, `{"a":1}}`, "{\"a\":1}\x00", `{a:1}`,
	`{"errorCode":tru,"a":12x}`, `{"a":{"b":}}`,
}

func TestExtract(t *testing.T) {
	x := NewExtractor(NewFields(testPaths...))
	for _, record := range testRecords {
		checkExtract(t, x, []byte(record))
	}
}

func TestExtractRefuses(t *testing.T) {
	x := NewExtractor(NewFields(Members("a")))
	deep := bytes.Repeat([]byte(`[`), DefaultMaxDepth)
	for _, record := range []string{
		``, ` `, `x`, `[]`, `"a"`, `{`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":"x`, `{"a":[`, `{"a" 1}`, `{"a":}`, `{"a":1,}`,
		`{"a":1 "b":2}`, `{a:1}`, `{,}`, `{"a":1}}`, `{"a":1} x`, `{"a":x}`, `{"b":x}`, "{\"a\":1}\x00",
		`{"b":` + string(deep), `{"a":` + string(deep),
	} {
		if values, ok := x.Extract([]byte(record)); ok {
			t.Errorf("extracted %v from %.40q", values, record)
		}
	}
}

func TestNewFieldsRefusesElements(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a path with an Each step was compiled")
		}
	}()
	NewFields(Path{{Name: "resources"}, {Kind: Each}})
}

func TestExtractDoesNotAllocate(t *testing.T) {
	x := NewExtractor(NewFields(testPaths...))
	record := []byte(testRecords[4])
	x.Extract(record)
	if n := testing.AllocsPerRun(100, func() { x.Extract(record) }); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func FuzzExtract(f *testing.F) {
	for _, record := range testRecords {
		f.Add([]byte(record))
	}
	x := NewExtractor(NewFields(testPaths...))
	f.Fuzz(func(t *testing.T, record []byte) { checkExtract(t, x, record) })
}
