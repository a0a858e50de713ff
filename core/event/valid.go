package event

import (
	"encoding/binary"
	"math/bits"
)

// maxValidDepth is how deep Valid follows nesting, as deep as encoding/json.
const maxValidDepth = 10_000

// Valid tells whether record is exactly one JSON object by the grammar of RFC
// 8259, white space around it allowed. Bytes that are not UTF-8 are let pass
// inside strings, as encoding/json does. It does not allocate.
func Valid(record []byte) bool {
	var objects [maxValidDepth/64 + 1]uint64
	p := blank(record, 0)
	if p >= len(record) || record[p] != '{' {
		return false
	}
	p = validNested(record, p, objects[:], maxValidDepth)
	return p >= 0 && blank(record, p) == len(record)
}

// validNested reads the object or array that begins at p, of at most so many
// levels, and returns the place after it, or -1. In objects, which has room for a
// bit of each level, it notes which are objects.
func validNested(s []byte, p int, objects []uint64, levels int) int {
	depth := 0
	for {
		// A value begins at p.
		if p >= len(s) {
			return -1
		}
		switch c := s[p]; c {
		case '{', '[':
			if depth == levels {
				return -1
			}
			if depth++; c == '{' {
				objects[depth/64] |= 1 << (depth % 64)
				if p = blank(s, p+1); p < len(s) && s[p] == '}' {
					break
				}
				if p = validName(s, p); p < 0 {
					return -1
				}
				continue
			}
			objects[depth/64] &^= 1 << (depth % 64)
			if p = blank(s, p+1); p < len(s) && s[p] == ']' {
				break
			}
			continue
		default:
			if p = validScalar(s, p); p < 0 {
				return -1
			}
		}
		// A value has ended, or an empty object or array is about to.
		for {
			if p = blank(s, p); p >= len(s) {
				return -1
			}
			object := objects[depth/64]&(1<<(depth%64)) != 0
			if c := s[p]; c == '}' && object || c == ']' && !object {
				p++
				if depth--; depth == 0 {
					return p
				}
				continue
			}
			if s[p] != ',' {
				return -1
			}
			p = blank(s, p+1)
			if object {
				if p = validName(s, p); p < 0 {
					return -1
				}
			}
			break
		}
	}
}

// validName reads a member name and its colon and returns where the value
// begins, or -1.
func validName(s []byte, p int) int {
	if p >= len(s) || s[p] != '"' {
		return -1
	}
	if p, _ = validString(s, p+1); p < 0 {
		return -1
	}
	if p = blank(s, p); p >= len(s) || s[p] != ':' {
		return -1
	}
	return blank(s, p+1)
}

// validScalar reads a string, number or literal and returns the place after
// it, or -1.
func validScalar(s []byte, p int) int {
	switch s[p] {
	case '"':
		p, _ = validString(s, p+1)
		return p
	case 't':
		return validLiteral(s, p, "true")
	case 'f':
		return validLiteral(s, p, "false")
	case 'n':
		return validLiteral(s, p, "null")
	}
	return validNumber(s, p)
}

func validLiteral(s []byte, p int, word string) int {
	end := p + len(word)
	if end > len(s) || string(s[p:end]) != word {
		return -1
	}
	return end
}

// validString reads the rest of a string and returns the place after its quote, or
// -1, and whether a backslash is in it.
func validString(s []byte, p int) (after int, escaped bool) {
	for {
		for p+8 <= len(s) {
			if special := specials(binary.LittleEndian.Uint64(s[p:])); special != 0 {
				p += bits.TrailingZeros64(special) / 8
				break
			}
			p += 8
		}
		if p >= len(s) {
			return -1, escaped
		}
		switch c := s[p]; {
		case c == '"':
			return p + 1, escaped
		case c < ' ':
			return -1, escaped
		case c != '\\':
			p++
		case p+1 < len(s) && s[p+1] == 'u':
			if _, ok := hexRune(s[p:]); !ok {
				return -1, escaped
			}
			p, escaped = p+6, true
		case p+1 < len(s) && unescaped(s[p+1]) != 0:
			p, escaped = p+2, true
		default:
			return -1, escaped
		}
	}
}

// specials marks, by the high bit of its byte, the first of 8 bytes that is a
// quote, a backslash, a control character or not ASCII. Later bytes may be
// marked wrongly.
func specials(x uint64) uint64 {
	quote, slash := x^'"'*ones, x^'\\'*ones
	return ((x - 0x20*ones) | (quote - ones) | (slash - ones) | x) & highs
}

// validNumber reads a number and returns the place after it, or -1.
func validNumber(s []byte, p int) int {
	if s[p] == '-' {
		p++
	}
	switch {
	case p < len(s) && s[p] == '0':
		p++
	default:
		if p = digits(s, p); p < 0 {
			return -1
		}
	}
	if p < len(s) && s[p] == '.' {
		if p = digits(s, p+1); p < 0 {
			return -1
		}
	}
	if p < len(s) && s[p]|0x20 == 'e' {
		if p++; p < len(s) && (s[p] == '+' || s[p] == '-') {
			p++
		}
		p = digits(s, p)
	}
	return p
}

// digits reads at least one digit and returns the place after the last, or -1.
func digits(s []byte, p int) int {
	start := p
	for p < len(s) && '0' <= s[p] && s[p] <= '9' {
		p++
	}
	if p == start {
		return -1
	}
	return p
}
