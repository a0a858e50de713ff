package notifytest

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"tocsin/core/evidence"
	"tocsin/core/topic"
	"tocsin/notify"
)

// fill is the note with text in every field that somebody else than the operator
// may fill, one way or another: all of the summary, subject, message, attributes
// and the topic's name for display. What publishing already keeps out of a message
// is kept out.
func fill(n notify.Note, text string) notify.Note {
	if n.Summary != nil {
		s := *n.Summary
		s.Newest = append([]evidence.Event(nil), s.Newest...)
		for _, counts := range []*[]evidence.Count{&s.Principals, &s.Keys, &s.Actions, &s.Addresses, &s.Accounts, &s.Regions, &s.Errors} {
			*counts = append([]evidence.Count(nil), *counts...)
		}
		fillTexts(reflect.ValueOf(&s).Elem(), text)
		n.Summary = &s
	}
	published := strings.ToValidUTF8(text, "\uFFFD")
	if published == "" {
		published = "a"
	}
	n.Topic.DisplayName = text
	n.Message.Subject, n.Message.Default, n.Message.Bodies = text, published, nil
	n.Message.Attributes = map[string]topic.Attribute{"text": {Type: "String", Value: published}}
	n.Document.Subject, n.Document.Message, n.Document.Attributes = text, published, n.Message.Attributes
	return n
}

// fillTexts sets all texts below v.
func fillTexts(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Slice:
		for i := range v.Len() {
			fillTexts(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillTexts(v.Field(i), text)
			}
		}
	}
}

// Printable tells whether a text is UTF-8 without characters that steer
// terminals or turn the direction of writing.
func Printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	})
}
