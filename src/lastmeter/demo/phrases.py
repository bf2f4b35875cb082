"""What the simulated customers say: openings, middles and endings by what they went through, in Chinese and English.

`{thing}` is what they bought, `{phone}` a telephone number that reaches nobody.
"""

from __future__ import annotations

from lastmeter.kernel.titles import Lang

Parts = dict[str, tuple[str, ...]]

OPENINGS: dict[Lang, Parts] = {
    "zh": {
        "happy": (
            "",
            "很满意。",
            "回购了，",
            "第三次买了，",
            "给家里老人买的，",
            "朋友推荐来的，",
            "一如既往，",
            "惊喜！",
        ),
        "fine": ("", "还行吧，", "一般般，", "总体可以，", "中规中矩，", "说实话，"),
        "upset": (
            "",
            "很失望。",
            "太让人生气了，",
            "不会再买了。",
            "第一次给差评，",
            "本来很期待，",
            "唉，",
            "体验很差，",
        ),
    },
    "en": {
        "happy": ("", "Very pleased: ", "Bought it again: ", "My third order: ", "For my parents: ", "Lovely: "),
        "fine": ("", "It is all right: ", "So so: ", "Fair enough, ", "To be honest, ", "Not bad: "),
        "upset": ("", "Very disappointed: ", "Never again: ", "My first bad review: ", "Oh dear: ", "Poor show: "),
    },
}

MIDDLES: dict[Lang, Parts] = {
    "zh": {
        "happy": (
            "{thing}质量很好，",
            "{thing}包装严实，一点没磕碰，",
            "{thing}和图片一样，",
            "快递比说好的还早到，",
            "快递员提前打了电话，送到门口，",
            "{thing}家里人都喜欢，",
            "下单第二天就发货了，",
            "每次都是差不多的时间送到，很放心，",
        ),
        "fine": (
            "{thing}和描述差不多，",
            "{thing}比想的小一点，",
            "{thing}性价比还可以，",
            "包装有点旧，{thing}没问题，",
            "{thing}用了几天，没什么毛病，",
            "物流速度一般，",
        ),
        "late": (
            "说好的日子没送到，",
            "等了好多天才收到{thing}，",
            "物流一直不动，也没人解释，",
            "比承诺的晚了，耽误了事，",
            "催了两次才送来，",
            "页面上写的送达时间根本不准，",
            "{thing}到的时候已经用不上了，",
            "一直显示待揽收，",
        ),
        "damaged": (
            "{thing}收到就碎了，",
            "箱子被压扁，{thing}坏了，",
            "打开一看{thing}裂了，",
            "外箱破了个洞，{thing}磕坏了，",
            "{thing}磕掉一块，包装太薄，",
            "快递暴力运输，{thing}没法用，",
        ),
        "no_notice": (
            "快递没打电话就放门口了，",
            "没有任何通知，白等一天，",
            "不通知就派送，家里没人，",
            "放驿站也不说一声，",
        ),
        "poor": (
            "{thing}和图片差太多，",
            "{thing}做工粗糙，",
            "{thing}有异味，",
            "{thing}用一次就不行了，",
            "{thing}颜色不对，",
        ),
    },
    "en": {
        "happy": (
            "the {thing} is just right, ",
            "the {thing} came well packed, ",
            "the {thing} looks like the picture, ",
            "it came a day early, ",
            "the courier called ahead, ",
            "the family loves the {thing}, ",
            "it always comes at about the same hour, ",
        ),
        "fine": (
            "the {thing} is as described, ",
            "the {thing} is smaller than I thought, ",
            "the {thing} does its job, ",
            "the box was worn but the {thing} is fine, ",
            "shipping was average, ",
        ),
        "late": (
            "it did not come on the promised day, ",
            "I waited for days for the {thing}, ",
            "the tracking stood still and nobody explained, ",
            "I had to call twice, ",
            "the date on the page means nothing, ",
            "the {thing} came too late to be of use, ",
        ),
        "damaged": (
            "the {thing} arrived broken, ",
            "the box was crushed and so was the {thing}, ",
            "the {thing} was cracked, ",
            "the carrier threw it, it seems: the {thing} is in pieces, ",
        ),
        "no_notice": (
            "no call, just left at the door, ",
            "nobody told me it was coming, ",
            "no notice, and I was not at home, ",
        ),
        "poor": (
            "the {thing} is nothing like the picture, ",
            "the {thing} is poorly made, ",
            "the {thing} smells odd, ",
            "the {thing} failed after a day, ",
        ),
    },
}

ENDINGS: dict[Lang, Parts] = {
    "zh": {
        "happy": ("会再来。", "推荐给大家。", "好评！", "谢谢店家。", "五星。", "👍"),
        "fine": ("先用着看。", "凑合吧。", "希望改进。", "就这样。", "给三星。"),
        "upset": (
            "请给个说法。",
            "要求退款。",
            "客服也没回复。",
            "希望你们重视。",
            "请尽快联系我。",
            "联系我：{phone}。",
            "差评。",
        ),
    },
    "en": {
        "happy": ("will buy again.", "recommended.", "thank you.", "five stars.", "great service!"),
        "fine": ("we shall see.", "could be better.", "that is all.", "three stars."),
        "upset": (
            "please explain.",
            "I want my money back.",
            "customer care never answered.",
            "do take this seriously.",
            "call me on {phone}.",
            "one star.",
        ),
    },
}

COMPLAINTS: dict[Lang, Parts] = {
    "zh": {
        "late": (
            "承诺的送达日期已过，{thing}还没收到，请查一下到哪了。",
            "{thing}比承诺的日子晚到，要求补偿。",
            "物流好几天没更新，请给个准信。",
        ),
        "damaged": (
            "收到的{thing}破损，要求补发或退款。",
            "{thing}碎了，已拍照，请处理。",
            "外箱破裂，{thing}损坏，电话{phone}。",
        ),
        "no_notice": ("快递未经通知就放在楼下，{thing}差点丢了。", "没接到派送通知，包裹被退回网点。"),
        "other": (
            "发票一直没开。",
            "{thing}少了配件。",
            "退款迟迟没到账。",
            "客服态度不好。",
            "发错货了，不是我买的{thing}。",
        ),
    },
    "en": {
        "late": (
            "The promised day has passed and the {thing} is not here. Where is it?",
            "The {thing} came later than promised. I ask for compensation.",
            "The tracking has not moved for days. Please give me a firm answer.",
        ),
        "damaged": (
            "The {thing} arrived damaged. Please replace it or refund me.",
            "The {thing} is in pieces, photos attached.",
            "Box torn, {thing} broken. Call {phone}.",
        ),
        "no_notice": ("The courier left the {thing} downstairs without a word.", "I was never told of the delivery."),
        "other": (
            "I still have no invoice.",
            "Parts of the {thing} are missing.",
            "My refund has not come.",
            "The agent on the phone was rude.",
            "You sent something else than the {thing}.",
        ),
    },
}
