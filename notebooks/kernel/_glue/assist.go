package main

import (
	_ "embed"
	"unicode/utf8"

	interp "github.com/cosmos72/gomacro/fast"

	"github.com/gonst/workbench/notebooks/kernel/assist"
	"github.com/gonst/workbench/notebooks/kernel/godoc"
	"github.com/gonst/workbench/notebooks/kernel/session"
)

// documentation is what ../build collects of the packages that cells can import.
//
//go:embed docs.zip
var documentation []byte

// library is the opened documentation, from the first question on.
var library *godoc.Library

// complete answers with the names that fit at the cursor.
func complete(ir *interp.Interp, receipt msgReceipt) error {
	code, cursor := at(receipt)
	names, start := assist.Complete(ir, code, session.Offset(code, cursor))
	return receipt.Reply("complete_reply", map[string]any{
		"status": "ok", "matches": append([]string{}, names...), "metadata": map[string]any{},
		"cursor_start": utf8.RuneCountInString(code[:start]), "cursor_end": cursor,
	})
}

// inspect answers with the documentation of the name at the cursor.
func inspect(ir *interp.Interp, receipt msgReceipt) error {
	if library == nil {
		var err error
		if library, err = godoc.Open(documentation); err != nil {
			return err
		}
	}
	code, cursor := at(receipt)
	entry, found := assist.Inspect(ir, library, code, session.Offset(code, cursor))
	data := map[string]any{}
	if found {
		data = map[string]any{
			"text/plain":    joined(entry.Decl, entry.Text),
			"text/markdown": joined("```go\n"+entry.Decl+"\n```", entry.Markdown),
		}
	}
	return receipt.Reply("inspect_reply", map[string]any{"status": "ok", "found": found, "data": data, "metadata": map[string]any{}})
}

func joined(declaration, text string) string {
	if text == "" {
		return declaration
	}
	return declaration + "\n\n" + text
}

// at is the code of a request and the position of its cursor, in characters.
func at(receipt msgReceipt) (code string, cursor int) {
	request, _ := receipt.Msg.Content.(map[string]any)
	code, _ = request["code"].(string)
	position, _ := request["cursor_pos"].(float64)
	return code, max(0, int(position))
}
