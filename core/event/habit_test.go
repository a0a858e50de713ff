package event

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestHabitBegins(t *testing.T) {
	const name = "recipientAccountId-01"
	for size := range len(name) + 1 {
		h := newHabit([]byte(name[:size]), 0)
		text := []byte(`"` + name[:size] + `":` + strings.Repeat("x", maxHabit))[:maxHabit]
		if !h.begins(text) {
			t.Errorf("%s does not begin with %q", text, name[:size])
		}
		for i := range text {
			for bit := range 8 {
				other := bytes.Clone(text)
				other[i] ^= 1 << bit
				if got, want := h.begins(other), i >= size+3; got != want {
					t.Errorf("%s begins with %q: %v", other, name[:size], got)
				}
			}
		}
	}
	none := newHabits(1)
	for c := range 256 {
		if none.all[0].begins(bytes.Repeat([]byte{byte(c)}, maxHabit)) {
			t.Errorf("text of bytes %d begins with no member", c)
		}
	}
}

// TestHabitsDoNotMatter extracts from records whose members come in every
// order, some of them missing, twice or with almost the same name.
func TestHabitsDoNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	names := []string{
		"a", "A", "a ", "eventName", "eventNama", "EventName", "eventID", "UventID", "eventTime", "userIdentity", "type", "", "ab.c", "é",
		"recipientAccountId", "recipientAccountIx", "xecipientAccountId", "errorCode", "errorCodes", `eventN\u0061me`, "aNameOfTwentyOneBytes", "aNameOfTwentyTwoBytes!",
	}
	var object func(depth int) string
	object = func(depth int) string {
		var b strings.Builder
		order := random.Perm(len(names))[:random.IntN(8)]
		for i, n := range append(order, order[:len(order)/3]...) {
			value := []string{"1", `"x"`, "null", "true", "[{}]", `{"b":{"c":"y"}}`, "{}"}[random.IntN(7)]
			if depth > 0 && random.IntN(3) == 0 {
				value = object(depth - 1)
			}
			fmt.Fprintf(&b, `%s"%s":%s`, strings.Repeat(",", min(i, 1)), names[n], value)
		}
		return "{" + b.String() + "}"
	}
	x := NewExtractor(NewFields(testPaths...))
	for range 5000 {
		checkExtract(t, x, []byte(object(2)))
	}
	for i := range 10 * maxHabits { // more names than become habits
		checkExtract(t, x, fmt.Appendf(nil, `{"name%d":1,"a":{"name%d":2,"b":3},"eventName":"x"}`, i, i))
	}
	for node, known := range x.walk.known {
		if known.count > maxHabits {
			t.Errorf("%d habits of node %d", known.count, node)
		}
	}
}
