"""Given names that many people bear, in several languages; none that is an everyday word as well (Rose, Mark, Will)."""

from __future__ import annotations

from typing import Final

_NAMES: Final = """
    james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony steven paul andrew
    joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry
    justin scott brandon benjamin samuel gregory alexander patrick jack dennis jerry tyler aaron jose adam nathan henry zachary
    douglas peter kyle noah ethan jeremy walter christian keith roger terry austin sean gerald carl harold dylan arthur lawrence
    jordan jesse bryan bruce gabriel joe logan albert willie alan eugene russell vincent philip bobby johnny bradley
    mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra margaret ashley kimberly
    emily donna michelle carol amanda melissa deborah stephanie rebecca sharon laura cynthia dorothy amy kathleen angela shirley
    emma brenda pamela nicole anna samantha katherine christine debra rachel carolyn janet maria olivia heather helen catherine
    diane julie joyce victoria ruth virginia lauren kelly christina joan evelyn judith andrea hannah megan cheryl jacqueline
    martha madison teresa gloria sara janice ann kathryn abigail sophia frances jean alice judy isabella julia denise amber
    danielle marilyn beverly charlotte natalie theresa diana brittany doris kayla alexis lori marie mia ava chloe lucy
    hans klaus jurgen jürgen wolfgang dieter manfred uwe gunter günter horst bernd stefan andreas frank matthias ralf jens sven
    lukas leon finn jonas felix max moritz tobias sebastian florian ursula monika petra sabine renate helga karin brigitte ingrid
    erika gisela heike susanne katrin anja lena leonie lea hanna marlene johanna greta
    jean pierre michel andre andré philippe rene rené louis alain jacques bernard marcel daniele claude nicolas julien antoine
    olivier francois françois luc hugo theo théo camille manon ines inès jeanne francoise françoise monique catherine nathalie
    isabelle jacqueline sylvie martine helene hélène amelie amélie
    juan luis carlos miguel pedro antonio manuel francisco javier fernando jorge alejandro rafael ramon ramón diego sergio pablo
    carmen josefa isabel dolores pilar lucia lucía paula elena rosario mercedes
    giuseppe giovanni mario luigi salvatore vincenzo pietro lorenzo matteo andrea marco francesco alessandro giulia chiara
    francesca sofia martina giorgia
    joao joão paulo tiago rui ana beatriz mariana ivan dmitri dmitry sergei sergey alexei aleksandr olga tatiana natalia
    svetlana irina ekaterina anastasia vladimir nikolai piotr krzysztof tomasz andrzej agnieszka malgorzata małgorzata katarzyna
    lars erik anders johan karl nils bjorn björn magnus olof astrid freya kari eero juha mikko
    mohammed muhammad mohamed ahmed ali hassan hussein omar ibrahim fatima aisha khadija zainab mehmet mustafa ayse ayşe emine
    wei ming hiroshi takashi yuki sakura kenji haruto priya rahul amit anil sunil rajesh suresh deepak sanjay vijay anita sunita
    pooja neha arjun kumar minh nguyen jin soo-jin min-jun
"""
GIVEN_NAMES: Final = frozenset(_NAMES.split())
