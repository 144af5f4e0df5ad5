package cmd

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of all commands",
		Long: `Writes manual pages, nst.1 and one for each command, into a directory, which is
created if missing. Existing pages are replaced.`,
		Example: `  nst man man1
  nst man ~/.local/share/man/man1`,
		Args: exactArgs(1, "a directory, such as ~/.local/share/man/man1"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return err
			}
			root := newRoot()
			root.InitDefaultCompletionCmd()
			root.DisableAutoGenTag = true
			count := manual(root)
			err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "nst " + version(), Manual: "nst"}, dir)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d manual pages\n", dir, count)
			return nil
		},
	}
}

// manual changes the texts of a command and those below it to Markdown, which the
// generator of manual pages reads, and returns the number of commands with a page.
func manual(cmd *cobra.Command) int {
	cmd.Long = markdown(cmd.Long)
	cmd.Short = escaped.Replace(cmd.Short)
	count := 1
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() {
			count += manual(sub)
		}
	}
	return count
}

var escaped = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`")

// markdown keeps the lines that a help text indents, and has no other markup.
func markdown(text string) string {
	var b strings.Builder
	const indent, code = "  ", "    "
	before := "\n"
	for line := range strings.Lines(text) {
		switch {
		case !strings.HasPrefix(line, indent):
			b.WriteString(escaped.Replace(line))
		case !strings.HasPrefix(before, indent) && before != "\n": // Markdown needs an empty line before it
			b.WriteString("\n" + code + line)
		default:
			b.WriteString(code + line)
		}
		before = line
	}
	return b.String()
}
