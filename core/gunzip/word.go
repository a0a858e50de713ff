package gunzip

import "encoding/binary"

// load64 loads the word at b[i:i+8].
func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

// store64 stores a word at b[i:i+8].
func store64(b []byte, i int, v uint64) { binary.LittleEndian.PutUint64(b[i:], v) }
