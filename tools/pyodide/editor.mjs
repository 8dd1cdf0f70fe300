// The editor of a cell: CodeMirror with what a cell of Python needs, bundled into one file.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";

// The colours of the code on the page, which course.css names for both modes.
const colours = HighlightStyle.define(
  [
    ["keyword", [tags.keyword, tags.operatorKeyword, tags.modifier]],
    ["string", [tags.string, tags.special(tags.string)]],
    ["number", [tags.number, tags.bool, tags.null]],
    ["comment", [tags.comment]],
    ["name", [tags.function(tags.definition(tags.variableName)), tags.className]],
  ].map(([name, tag]) => ({ tag, color: `var(--code-${name})` })),
);

const look = EditorView.theme({
  "&": { color: "inherit", backgroundColor: "transparent", fontSize: "inherit" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", overflowX: "auto" },
  ".cm-content": { padding: "1rem", caretColor: "currentColor" },
  ".cm-line": { padding: "0" },
  ".cm-cursor": { borderLeftColor: "currentColor" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--code-selection) !important",
  },
});

/**
 * Put an editor into a shadow root, where its style sheet needs no permission of the page's policy.
 * `run` is called on Shift+Enter, `changed` with the code after each change.
 */
export function openEditor(root, code, { run, changed }) {
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: code,
      extensions: [
        keymap.of([
          { key: "Shift-Enter", run: () => (run(), true) },
          ...defaultKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        history(),
        python(),
        indentUnit.of("    "),
        indentOnInput(),
        bracketMatching(),
        drawSelection(),
        syntaxHighlighting(colours),
        look,
        EditorView.contentAttributes.of({
          "aria-label": "Code",
          "aria-description": "Shift+Enter runs the cell. Escape, then Tab, leaves the editor.",
          tabindex: "0", // it can have the focus without, but not all tools know
          autocapitalize: "off",
          spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          view.setTabFocusMode(false); // who types wants Tab to indent
          changed(view.state.doc.toString());
        }),
        // Who comes with Tab goes on with Tab, until the first change.
        EditorView.domEventHandlers({ blur: (_, view) => view.setTabFocusMode(true) }),
      ],
    }),
  });
  view.setTabFocusMode(true);
  return {
    get code() {
      return view.state.doc.toString();
    },
    set code(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      view.setTabFocusMode(true); // nobody has typed
    },
    focus(point) {
      const place = point && view.posAtCoords(point);
      if (place !== null && place !== undefined) view.dispatch({ selection: { anchor: place } });
      view.focus();
    },
  };
}
