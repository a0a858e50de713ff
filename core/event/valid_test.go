package event

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func checkValid(t *testing.T, text []byte) {
	t.Helper()
	want := json.Valid(text) && bytes.TrimLeft(text, " \t\r\n")[0] == '{'
	if got := Valid(text); got != want {
		t.Errorf("Valid(%.80q) is %v", text, got)
	}
}

var validTexts = []string{
	`{"a":[1,-0.5e10,0,1E-2,true,false,null,"",{},[],[[]],{"b":{}}]}`, `{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":+1}`,
	`{"a":tru}`, `{"a":nulll}`, `{"a":"\x"}`, `{"a":"\u12G4"}`, `{"a":"\u12"`, `{"a":"\`, "{\"a\":\"\x1f\"}", "{\"a\":\"\x7f\xff\"}", `{"a":[1,]}`,
	`{"a":[,1]}`, `{"a":[1 2]}`, `{"a":{"b"}}`, `{"a":{"b":1,}}`, `{"a":[}`, `{"a":{]`, `{}{}`, `{},`, "\ufeff{}", `{"a":"01234567\"89"}`,
	`{"a":"0123456789abcdef\n"}`, "{\"01234567\x00\":1}", `{"a":[[[[{"b":[]}]]]]}`, `{"a":1}]`, `{ "a" : [ 1 , 2 ] , "b" : { } } `,
}

func TestValid(t *testing.T) {
	for _, text := range append(validTexts, testRecords...) {
		checkValid(t, []byte(text))
	}
	for _, n := range []int{9_998, 9_999, 10_000, 200_000} {
		checkValid(t, []byte(`{"a":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`))
		checkValid(t, []byte(strings.Repeat(`{"a":`, n)+`1`+strings.Repeat("}", n)))
	}
	text := []byte(validTexts[0])
	if n := testing.AllocsPerRun(100, func() { Valid(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzValid(f *testing.F) {
	for _, text := range append(validTexts, testRecords...) {
		f.Add([]byte(text))
	}
	f.Fuzz(checkValid)
}
