package cloudwatchlogs

import (
	"slices"
	"strings"
	"testing"

	"tocsin/core/event"
)

// A token is read as what it was written of, or not at all.
func FuzzTokens(f *testing.F) {
	f.Add(tokenOf(place{time: 1_700_000_000_000, id: event.ID{1, 2}}, true))
	f.Add(tokenOf(place{}, false))
	f.Add("f/" + strings.Repeat("9", 56) + "/s")
	f.Add("b//s")
	f.Fuzz(func(t *testing.T, text string) {
		if p, forward, ok := parseToken(text); ok && tokenOf(p, forward) != text {
			t.Errorf("%q is read as %v %v", text, p, forward)
		}
	})
}

// Whatever token is given, a page is a part of the list in its order.
func FuzzPages(f *testing.F) {
	all := []string{"a", "ab", "b", "c", "cc", "d"}
	for _, token := range []string{"YQ", "", "?", "Y2M"} {
		f.Add(token, 2, false)
		f.Add(token, 3, true)
	}
	f.Fuzz(func(t *testing.T, token string, limit int, descending bool) {
		limit = 1 + limit&7
		list := slices.Clone(all)
		if descending {
			slices.Reverse(list)
		}
		page, next, ok := pageOf(list, &token, limit, descending, func(s string) string { return s })
		if !ok {
			return
		}
		at := len(list)
		if len(page) > 0 {
			at = slices.Index(list, page[0])
		}
		if len(page) > limit || !slices.Equal(page, list[at:at+len(page)]) || (next == nil) != (at+len(page) == len(list)) {
			t.Errorf("%q gives %q, next %v", token, page, next)
		}
		// The other pages hold the rest.
		for next != nil {
			at += len(page)
			if page, next, ok = pageOf(list, next, limit, descending, func(s string) string { return s }); !ok || page[0] != list[at] {
				t.Fatalf("then %q", page)
			}
		}
	})
}

func TestLike(t *testing.T) {
	for _, test := range []struct {
		text, pattern string
		want          bool
	}{{"prod", "prod", true}, {"prod-1", "prod*", true}, {"prod", "pro", false}, {"a-b-c", "a*c", true}, {"a-b-c", "*b*", true}, {"", "*", true}, {"ab", "a*c", false}} {
		if got := like(test.text, test.pattern); got != test.want {
			t.Errorf("%s like %s: %v", test.text, test.pattern, got)
		}
	}
}
