package session

import (
	"io"
	"unicode/utf8"
)

// Forward copies text until its end, in pieces that never split a character. Each piece
// becomes a separate message.
func Forward(to io.Writer, from io.Reader) error {
	buffer := make([]byte, 64<<10)
	kept := 0 // bytes at the beginning that wait for the rest of their character
	for {
		n, err := from.Read(buffer[kept:])
		n += kept
		whole := n
		if err == nil {
			whole = wholeCharacters(buffer[:n])
		}
		if whole > 0 {
			if _, err := to.Write(buffer[:whole]); err != nil {
				// There is no reader; the cell must be able to continue writing.
				_, err := io.Copy(io.Discard, from)
				return err
			}
		}
		kept = copy(buffer, buffer[whole:n])
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// wholeCharacters returns the length of the text without an incomplete last character.
func wholeCharacters(b []byte) int {
	for back := 1; back <= min(utf8.UTFMax-1, len(b)); back++ {
		if start := len(b) - back; utf8.RuneStart(b[start]) {
			if !utf8.FullRune(b[start:]) {
				return start
			}
			break
		}
	}
	return len(b)
}

// Offset is the byte at which a text's character begins; Jupyter counts
// positions in characters, Go in bytes.
func Offset(text string, character int) int {
	for i := range text {
		if character <= 0 {
			return i
		}
		character--
	}
	return len(text)
}
