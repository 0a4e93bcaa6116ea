from __future__ import annotations

import time

import pytest

from slmdesk.core.errors import TemplateError
from slmdesk.worker.llama_cpp.templates import CHATML, MAX_TEMPLATE, ChatTemplate

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]

NESTED = (
    "{% set n = namespace(a=[1], b=[1]) %}"
    "{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}"
)
HOSTILE = {
    "an endless loop": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a loop that prints": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "100 MB": "{% for a in range(10000) %}{{ 'x' * 10000 }}{% endfor %}",
    "a huge repeat": "{{ 'a' * 1000000000 }}",
    "a huge repeat, turned round": "{{ 1000000000 * 'a' }}",
    "a huge list": "{{ [1] * 1000000000 }}",
    "doubling": "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}",
    "doubling by ~": "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    "doubling by blocks": "{% set s = 'x' %}" + "{% set s %}{{ s }}{{ s }}{% endset %}" * 60,
    "doubling by join": "{% set s = 'xxxxxxxx' %}" + "{% set s = [s, s] | join(s) %}" * 60,
    "doubling by format": "{% set s = 'x' %}" + "{% set s = '%s%s' % (s, s) %}" * 60,
    "doubling lists": "{% set s = [1] %}" + "{% set s = [s, s] %}" * 60 + "{{ s }}",
    "doubling lists to json": "{% set s = [1] %}" + "{% set s = [s, s] %}" * 60 + "{{ s | tojson }}",
    "doubling dicts": "{% set s = {} %}" + "{% set s = {'a': s, 'b': s} %}" * 60 + "{{ s | string }}",
    "an endless comparison": NESTED + "{{ n.a == n.b }}",
    "an endless search": NESTED + "{{ n.a in [n.b] }}",
    "an endless sort": NESTED + "{{ [n.a, n.b] | sort }}",
    "an endless test": NESTED + "{{ [n.a] | select('eq', n.b) | list }}",
    "an endless hash": NESTED.replace("[", "(").replace("]", ",)") + "{{ {n.a: 1} }}",
    "nested namespaces": "{% set n = namespace() %}" + "{% set n = namespace(a=n, b=n) %}" * 60 + "{{ n }}",
    "nested dicts by dict()": "{% set d = dict() %}" + "{% set d = dict(a=d, b=d) %}" * 60 + "{{ d == d.a }}",
    "slow searches without a loop": "{% set h = 'a' * 1000000 %}" + "{% if 'ab' * 9 in h %}{% endif %}" * 8000,
    "slices that are kept": (
        "{% set h = 'a' * 1000000 %}{% set n = namespace(l=[]) %}"
        "{% for i in range(90000) %}{% set n.l = n.l + [h[1:]] %}{% endfor %}"
    ),
    "a chain of lazy filters": (
        "{% set n = namespace(m=range(9)) %}"
        "{% for i in range(90000) %}{% set n.m = n.m | map('default') %}{% endfor %}{{ n.m | first }}"
    ),
    "a title of 8 MB": "{{ ('a ' * 4000000) | title | length }}",
    "a replace that grows": "{% set s = 'x' * 99999 %}{{ s.replace('x', s) }}",
    "a filter that grows": "{% set s = 'x' * 99999 %}{{ s | replace('x', s) }}",
    "padding": "{{ 'x'.ljust(1000000000) }}",
    "centring": "{{ 'x' | center(1000000000) }}",
    "an indent": "{{ 'x\n\n\n' | indent(1000000000) }}",
    "a wide format": "{{ '%1000000000d' % 1 }}",
    "a star format": "{{ '%*d' % (1000000000, 1) }}",
    "a format call": "{{ '{:>1000000000}'.format(1) }}",
    "a format with a width from a value": "{{ '{:{}}'.format(1, 1000000000) }}",
    "a format that doubles": "{% set s = 'x' %}" + "{% set s = '{0}{0}'.format(s) %}" * 60,
    "a huge power": "{{ 9 ** 9 ** 9 }}",
    "a huge range": "{{ range(1000000000) | list }}",
    "lorem": "{{ lipsum(n=1000000) }}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "a tree of calls": "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "classes by filter": "{{ '' | attr('__class__') }}",
    "classes by map": "{{ [''] | map(attribute='__class__') | list }}",
    "globals": "{{ raise_exception.__globals__ }}",
    "format attributes": "{{ '{0.__class__}'.format('') }}",
    "mutation": "{{ messages.clear() }}",
    "imports": "{% import 'os' as os %}",
    "includes": "{% include '/etc/passwd' %}",
    "deep nesting": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "too long": "x" * (MAX_TEMPLATE + 1),
}


HARMLESS = {"classes by map", "format attributes", "globals"}
"""What is not even an error: Jinja calls a forbidden attribute undefined, and that prints as nothing."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_stopped_soon(name: str) -> None:
    start = time.monotonic()
    template = ChatTemplate(HOSTILE[name])
    if name in HARMLESS:
        assert template.render(CHAT) in {"", "[Undefined]"}
    else:
        with pytest.raises(TemplateError):
            template.render(CHAT)
    assert time.monotonic() - start < 4


def test_chatml() -> None:
    assert ChatTemplate(CHATML).render(CHAT) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )
    assert ChatTemplate(CHATML).render(CHAT, add_generation_prompt=False).endswith("Hi<|im_end|>\n")


def test_what_real_templates_use() -> None:
    source = """
{%- macro show(m) -%}
    {{- m.role | upper }}: {{ m['content'] | trim }}
{%- endmacro -%}
{%- set ns = namespace(count=0) -%}
{{- bos_token -}}
{%- for message in messages -%}
    {%- if loop.first and message.role == 'system' -%}{%- continue -%}{%- endif -%}
    {%- set ns.count = ns.count + 1 -%}
    {{- show(message) ~ '|' ~ loop.index0 -}}
    {%- if 'x' in message.content.split(' ')[-1] %}!{% endif -%}
{%- endfor -%}
{%- generation -%}{{ {'a': 'é<'} | tojson }}{%- endgeneration -%}
{{- strftime_now('%Y') | length -}}
{{- ['a', 'b'] | join(',') -}}{{ (messages | selectattr('role', 'equalto', 'user') | list)[0].content }}
{{- ' '.join(['a']) + 'abc'[1:] + ('%s-%d' % ('a', 3)) -}}{{ eos_token if tools is defined and not tools }}
"""
    chat = [*CHAT, {"role": "assistant", "content": " yes "}]
    out = ChatTemplate(source, bos="<s>", eos="</s>").render(chat)
    assert out.rstrip("\n") == '<s>USER: Hi|1ASSISTANT: yes|2{"a": "é<"}4a,bHiabca-3</s>'


def test_a_template_that_refuses_system_messages_gets_them_in_the_first_question() -> None:
    source = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('must alternate') }}{% endif %}"
        "[{{ m.role }}]{{ m.content }}{% endfor %}"
    )
    chat = [*CHAT, {"role": "user", "content": "Still there?"}, {"role": "assistant", "content": "Yes."}]
    assert ChatTemplate(source).render(chat) == "[user]Be brief.\n\nHi\n\nStill there?[assistant]Yes."
    with pytest.raises(TemplateError, match="does not take this chat: must alternate"):
        ChatTemplate(source).render(chat[-1:])


def test_a_template_that_cannot_do_without_tools() -> None:
    source = "{% for tool in tools %}{{ tool }}{% endfor %}{{ '<{}>'.format(messages[-1].content) }}"
    assert ChatTemplate(source).render(CHAT) == "<Hi>"


def test_a_long_chat_is_within_the_limits() -> None:
    chat = [{"role": "user", "content": "word " * 2000}, {"role": "assistant", "content": "reply " * 2000}] * 100
    start = time.monotonic()
    assert len(ChatTemplate(CHATML).render(chat)) > 2_000_000
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("source", ["{% for %}", "{{ 1 + none }}", "{{ messages[99].role.x }}", "{{ unknown() }}"])
def test_a_broken_template_says_so(source: str) -> None:
    with pytest.raises(TemplateError, match="does not work") as caught:
        ChatTemplate(source).render(CHAT)
    assert "ChatML" in caught.value.hint
    assert caught.value.details
