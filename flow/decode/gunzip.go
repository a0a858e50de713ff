//go:build !gunzip_std && !gunzip_klauspost

package decode

import "tocsin/core/gunzip"

// unzipper decompresses log files. With the build tag gunzip_std or
// gunzip_klauspost it is another library's, so that bench/ can tell what all the
// rest costs beside gunzip alone with the same library.
type unzipper = gunzip.Reader
