package alarm

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// encode writes a value of this package as JSON in the order of its fields, and
// leaves < > & alone, as AWS does. It panics on what no value of this package
// can bring about.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("alarm: encode %T: %v", v, err))
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// embedded is JSON text as a part of other JSON; text that is no JSON becomes a string.
func embedded(text string) json.RawMessage {
	switch {
	case text == "":
		return nil
	case json.Valid([]byte(text)):
		return json.RawMessage(text)
	}
	return json.RawMessage(encode(text))
}

// orNull is the string, or null when it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// list is the same list, but [] instead of null in JSON.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
