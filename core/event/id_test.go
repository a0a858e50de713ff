package event

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestIDOfGUID(t *testing.T) {
	for _, text := range []string{
		"00000000-0000-0000-0000-000000000000",
		"01234567-89ab-cdef-0123-456789abcdef",
		"FEDCBA98-7654-3210-FEDC-BA9876543210",
		"ffffffff-ffff-ffff-ffff-ffffffffffff",
	} {
		want, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
		if err != nil {
			t.Fatal(err)
		}
		id, ok := IDOf(Value{Kind: String, Raw: []byte(text)})
		if !ok || string(id[:]) != string(want) {
			t.Errorf("%s is %x, %v", text, id, ok)
		}
	}
}

// TestGUIDTakesHexadecimalDigitsOnly tries every byte in every place.
func TestGUIDTakesHexadecimalDigitsOnly(t *testing.T) {
	const text = "01234567-89ab-cdef-0123-456789abcdef"
	for at := range len(text) {
		for c := range 256 {
			s := []byte(text)
			s[at] = byte(c)
			id, ok := guid(s)
			bytes, err := hex.DecodeString(strings.ReplaceAll(string(s), "-", ""))
			want := err == nil && len(bytes) == 16 && (text[at] == '-') == (c == '-')
			if ok != want || ok && string(id[:]) != string(bytes) {
				t.Fatalf("%q: %x, %v; want %v", s, id, ok, want)
			}
		}
	}
}

func TestIDOfOtherTexts(t *testing.T) {
	of := func(kind Kind, text string, escaped bool) ID {
		id, _ := IDOf(Value{Kind: kind, Raw: []byte(text), Escaped: escaped})
		return id
	}
	if of(String, "EXAMPLE-1", false) == of(String, "EXAMPLE-2", false) {
		t.Error("two texts have one ID")
	}
	if of(String, "EXAMPLE-1", false) != of(String, `EXAMPLE\u002d1`, true) {
		t.Error("one text, written in two ways, has two IDs")
	}
	for _, v := range []Value{{}, {Kind: Null, Raw: []byte("null")}, {Kind: Number, Raw: []byte("1")}, {Kind: String}} {
		if _, ok := IDOf(v); ok {
			t.Errorf("%q has an ID", v.Raw)
		}
	}
}
