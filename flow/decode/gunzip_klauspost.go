//go:build gunzip_klauspost

package decode

import "github.com/klauspost/compress/gzip"

// unzipper decompresses log files; see gunzip.go.
type unzipper = gzip.Reader
