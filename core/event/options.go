package event

import "compress/gzip"

// The limits that hold when Options say nothing else.
const (
	// DefaultMaxRecord is the size of the largest record, and of the largest
	// envelope around one, in bytes. CloudTrail's own limit is 256 KB; older
	// records were larger now and then.
	DefaultMaxRecord = 4 << 20
	// DefaultMaxDepth is how deep a record may nest.
	DefaultMaxDepth = 1000
	// DefaultMaxFile is how large a compressed file may become, in bytes.
	// CloudTrail closes a log file at 50 MB of compressed data.
	DefaultMaxFile = 16 << 30
	// DefaultMaxRatio is how many bytes one compressed byte may become, in a
	// file of more than 64 MB. CloudTrail's files become 6 to 20 times larger.
	DefaultMaxRatio = 200
	// MinRecord is how many bytes the records of a file have on average at least,
	// in a file of more than FewRecords. CloudTrail's have 500 and more. What is
	// kept beside each record would else outgrow the file many times: 40 kB of
	// gzip can hold 15 million times {}.
	MinRecord  = 64
	FewRecords = 1 << 16
)

// Options of a Reader; the zero value of each means its default.
type Options struct {
	// Gunzip makes a decompressor; compress/gzip's by default.
	Gunzip func() Gunzip
	// MaxRecord bounds the memory of a Reader: it holds at most about five
	// times as much.
	MaxRecord int
	// MaxDepth is how many levels of objects and arrays a record may have.
	MaxDepth int
	// MaxFile and MaxRatio hold for compressed files only.
	MaxFile  int64
	MaxRatio int
}

func (o Options) withDefaults() Options {
	if o.Gunzip == nil {
		o.Gunzip = func() Gunzip { return new(gzip.Reader) }
	}
	if o.MaxRecord <= 0 {
		o.MaxRecord = DefaultMaxRecord
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	if o.MaxFile <= 0 {
		o.MaxFile = DefaultMaxFile
	}
	if o.MaxRatio <= 0 {
		o.MaxRatio = DefaultMaxRatio
	}
	return o
}
