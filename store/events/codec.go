package events

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// A codec compresses the pages of one writer. It is parquet-go's own but for the
// window, which need not be longer than a page: the usual one keeps 16 MB.
type codec struct {
	encoder *zstd.Encoder
}

// codecWindow is no less than a page of messages, but for one large message.
const codecWindow = 1 << 20

func newCodec() *codec {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(codecWindow), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options above are constants
	}
	return &codec{e}
}

func (c *codec) String() string                            { return "ZSTD" }
func (c *codec) CompressionCodec() format.CompressionCodec { return format.Zstd }
func (c *codec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}
func (c *codec) Decode(dst, src []byte) ([]byte, error) { return unzstd().DecodeAll(src, dst[:0]) }
