package resp

import (
	"bytes"
	"math"
	"strconv"
)

// The grammar of replies line by line, shared by Reader and ReplyScanner.

// splitReply splits the first line of a reply into its type and the rest.
func splitReply(line []byte) (kind byte, text []byte, err error) {
	if len(line) == 0 {
		return 0, nil, errLineEnd
	}
	if !isReplyKind(line[0]) {
		return 0, nil, errType(line[0])
	}
	return line[0], line[1:], nil
}

func isReplyKind(c byte) bool {
	switch Kind(c) {
	case KindSimpleString, KindError, KindInt, KindBulk, KindArray, KindNull, KindBool, KindDouble, KindBigNumber,
		KindBulkError, KindVerbatim, KindMap, KindSet, KindPush, kindAttribute:
		return true
	}
	return false
}

// canStream says which aggregates may come without a length.
func canStream(kind byte) bool {
	return kind == byte(KindArray) || kind == byte(KindMap) || kind == byte(KindSet)
}

func isMinusOne(text []byte) bool { return len(text) == 2 && text[0] == '-' && text[1] == '1' }

// replyLength reads a length, which is at most limit.
func replyLength(text []byte, limit int64) (int64, error) {
	n, ok := ParseInt(text)
	if !ok || n < 0 || n > limit {
		return 0, errLength
	}
	return n, nil
}

// parseReplyInt reads an integer reply, for which RESP3 allows a '+'.
func parseReplyInt(text []byte) (int64, bool) {
	if len(text) > 1 && text[0] == '+' && text[1] != '-' {
		text = text[1:]
	}
	return ParseInt(text)
}

// checkScalar checks the text of a reply of one line.
func checkScalar(kind byte, text []byte) error {
	switch Kind(kind) {
	case KindInt:
		if _, ok := parseReplyInt(text); !ok {
			return errBadInt
		}
	case KindBool:
		if len(text) != 1 || text[0] != 't' && text[0] != 'f' {
			return errBadBool
		}
	case KindNull:
		if len(text) != 0 {
			return errBadNull
		}
	case KindDouble:
		if !isReplyDouble(text) {
			return errBadDouble
		}
	case KindBigNumber:
		if !isBigNumber(text) {
			return errBadBig
		}
	default:
		if bytes.IndexByte(text, '\r') >= 0 {
			return errCR
		}
	}
	return nil
}

// isReplyDouble accepts decimal numbers, inf and nan with an optional sign, and nothing in hexadecimal.
func isReplyDouble(text []byte) bool {
	if len(text) > 0 && text[0] == '-' && isWord(text[1:], "nan") || isWord(text, "nan") {
		return true
	}
	s, ok := scanFloat(text)
	return ok && !s.hex
}

// replyDouble returns the number that isReplyDouble accepts; what float64 cannot hold becomes infinite or 0.
func replyDouble(text []byte) float64 {
	s, ok := scanFloat(text)
	if !ok {
		return math.NaN()
	}
	if s.inf && s.negative {
		return math.Inf(-1)
	}
	f, _ := strconv.ParseFloat(string(text), 64)
	return f
}

func isBigNumber(text []byte) bool {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	digits, rest := cutDigits(text, isDecimal)
	return len(digits) > 0 && len(rest) == 0
}
