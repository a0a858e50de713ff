package topic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plain is the value as encoding/json has it.
func (n node) plain() any {
	switch n.kind {
	case objectKind:
		members := map[string]any{}
		for i, name := range n.names {
			members[name] = n.items[i].plain()
		}
		return members
	case arrayKind:
		elements := []any{}
		for _, item := range n.items {
			elements = append(elements, item.plain())
		}
		return elements
	case textKind:
		return n.text
	case numberKind:
		return json.Number(n.text)
	}
	return map[string]any{"true": true, "false": false, "null": nil}[n.text]
}

// FuzzReadJSON compares our reader with encoding/json's.
func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{
		` {"a" : [1,-2.50e+3 , "x\"\\\/\n\u00fc\ud83d\udd14\ud800" ,true,false,null,{},[ ]] , "a":{"":"\t"} } `,
		"\t[\n\r]", `"` + "\xff\u2028" + `"`, "{\"\xff\":0}", `0`, `null`, `{"a":1}x`, `[1,]`, `"` + strings.Repeat(`\\`, 3) + `"`, `[[[[]]],[{}]]`, ``,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := readJSON(s)
		if (err == nil) != json.Valid([]byte(s)) {
			t.Fatalf("%q: %v", s, err)
		}
		if err != nil {
			return
		}
		var want any
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, n.plain()); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	})
}
