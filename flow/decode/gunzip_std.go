//go:build gunzip_std

package decode

import "compress/gzip"

// unzipper decompresses log files; see gunzip.go.
type unzipper = gzip.Reader
