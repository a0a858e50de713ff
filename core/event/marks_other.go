//go:build !amd64 || purego

package event

// markBlocks fills dst from as many blocks of src.
func markBlocks(dst []mark, src []byte, c *carry) { markBlocksGo(dst, src, c) }
