package blob

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The lengths of a key, of a part of it between two slashes, and of the prefix
// of a store in S3, in bytes. S3 takes 1,024 for prefix and key together, file
// systems 255 for a part.
const (
	MaxKey     = 768
	MaxKeyPart = 255
	MaxPrefix  = 256
)

// A KeyError says why a text cannot be a key.
type KeyError struct {
	Key    string
	Reason string
}

// Error quotes the key, whose bytes may be anything.
func (e *KeyError) Error() string { return fmt.Sprintf("blob key %.80q: %s", e.Key, e.Reason) }

// CheckKey tells whether key can name a blob, in every store alike. A key is
// UTF-8 text of parts between slashes. No part is empty or begins with a dot
// (such names go up in a tree of folders, are hidden, or the store's own), and
// there are no control characters and no backslashes.
//
// A key cannot also be the folder of another, as a and a/b: the directory and
// the memory refuse the second of them with ErrExist, while S3 takes it.
//
// In a directory on a file system that takes upper and lower case for the same
// (macOS, Windows), so are keys; of two that differ in nothing else the second
// is refused with ErrExist, unless the content is equal.
func CheckKey(key string) error {
	reason := ""
	switch {
	case key == "":
		reason = "is empty"
	case len(key) > MaxKey:
		reason = fmt.Sprintf("has %d bytes, more than %d", len(key), MaxKey)
	case !utf8.ValidString(key):
		reason = "is not UTF-8"
	case strings.HasPrefix(key, "/"):
		reason = "begins with a slash"
	case strings.ContainsFunc(key, forbidden):
		reason = "has a control character or a backslash"
	default:
		for part := range strings.SplitSeq(key, "/") {
			switch {
			case part == "":
				reason = "has nothing between two slashes or after the last"
			case part[0] == '.':
				reason = "has a part that begins with a dot"
			case len(part) > MaxKeyPart:
				reason = fmt.Sprintf("has a part of %d bytes, more than %d", len(part), MaxKeyPart)
			}
		}
	}
	if reason == "" {
		return nil
	}
	return &KeyError{Key: key, Reason: reason}
}

// forbidden tells the characters that no key has: the control characters of
// ASCII and Latin-1, and the separator of other systems' paths.
func forbidden(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\\'
}
